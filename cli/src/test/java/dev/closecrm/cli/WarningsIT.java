package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.sandbox.CloseCrmSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library warns of, a person has to learn. */
class WarningsIT {

    private final CloseCrmSandbox sandbox = CloseCrmSandbox.start(300);

    @TempDir
    private Path directory;

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--no-progress", "--quiet"})
    void saysInOneLineThatAKeyIsTakenOut(String option) throws IOException {
        try (CliProcess run = start(List.of(), option)) {
            assertThat(run.exitCode()).as(run::err).isEqualTo(ExitCode.OK);
            assertThat(run.out()).startsWith("deleted=300 ");
            assertThat(run.err().lines().filter(line -> !line.startsWith("deleting ")))
                    .containsExactly("warning: API key 2 of 2 was refused with 401; it is not used any more");
        }
    }

    @Test
    void leavesTheLogToWhoAskedForIt() throws IOException {
        try (CliProcess run =
                start(List.of("env", "JAVA_TOOL_OPTIONS=-Dorg.slf4j.simpleLogger.defaultLogLevel=info"))) {
            assertThat(run.exitCode()).as(run::err).isEqualTo(ExitCode.OK);
            assertThat(run.err())
                    .containsPattern("\\d\\d:\\d\\d:\\d\\d.* WARN dev.closecrm.reactor - API key 2 of 2 was refused")
                    .doesNotContain("warning: ");
        }
    }

    private CliProcess start(List<String> words, String... more) throws IOException {
        Path ids = Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
        List<String> arguments = new ArrayList<>(
                List.of("delete", "--yes", "--base-url", sandbox.baseUrl().toString(), "--ids", ids.toString()));
        arguments.addAll(List.of(more));
        return CliProcess.startWith(
                words, directory, sandbox.apiKey() + ",api_typo.key", arguments.toArray(String[]::new));
    }
}
