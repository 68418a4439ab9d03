package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.closecrm.sandbox.CloseCrmSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A standard output that takes nothing any more: its reader has gone, or its disk is full. */
class StandardOutputIT {

    private static final int CONTACTS = 3_000;
    private static final Path SHELL = Path.of("/bin/sh");
    private static final List<String> TO_A_FULL_DEVICE = List.of("/bin/sh", "-c", "exec \"$@\" >/dev/full", "sh");
    private static final List<String> TO_A_READER_OF_ONE_LINE =
            List.of("/bin/sh", "-c", "{ \"$@\"; echo \"code $?\" >&2; } | head -n 1", "sh");
    private static final String UNWRITABLE = "cannot write to standard output any more";

    @TempDir
    private Path directory;

    private CloseCrmSandbox sandbox;
    private Path ids;

    @BeforeEach
    void startSandbox() throws IOException {
        assumeTrue(Files.isExecutable(SHELL) && Files.exists(Path.of("/dev/full")), "there is no /dev/full");
        sandbox = CloseCrmSandbox.start(CONTACTS);
        ids = Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
    }

    @AfterEach
    void closeSandbox() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void endsTheRunInOrderWhenItsObjectsCannotBeWritten() {
        try (CliProcess run = start(TO_A_FULL_DEVICE, delete("--json"))) {
            assertThat(run.exitCode()).as(run::err).isEqualTo(ExitCode.ERROR);
            assertThat(run.err()).contains("error: stopped: " + UNWRITABLE);
        }
        assertThat(sandbox.ledger().deleted()).isBetween(1L, CONTACTS / 2L);
    }

    @Test
    void endsTheRunInOrderWhenNobodyReadsItsObjectsAnyMore() {
        try (CliProcess run = start(TO_A_READER_OF_ONE_LINE, delete("--json"))) {
            assertThat(run.exitCode()).as(run::err).isZero();
            assertThat(run.err()).contains("error: stopped: " + UNWRITABLE).endsWith("code 1\n");
            assertThat(run.out().lines()).singleElement().asString().startsWith("{\"index\":");
        }
        assertThat(sandbox.ledger().deleted()).isBetween(1L, CONTACTS - 1L);
    }

    @Test
    void saysThatTheSummaryIsLost() {
        try (CliProcess run = start(TO_A_FULL_DEVICE, delete())) {
            assertThat(run.exitCode()).as(run::err).isEqualTo(ExitCode.ERROR);
            assertThat(run.err().lines()).last().asString().startsWith("error: " + UNWRITABLE);
        }
        assertThat(sandbox.ledger().deleted()).isEqualTo(CONTACTS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete --dry-run x", "delete --dry-run --json cont_a", "completion", "--help"})
    void isNeverASuccess(String arguments) {
        try (CliProcess run = start(TO_A_FULL_DEVICE, arguments.split(" "))) {
            assertThat(run.exitCode()).as(run::err).isIn(ExitCode.ERROR, ExitCode.SOME_FAILED);
            assertThat(run.err().lines()).singleElement().asString().startsWith("error: " + UNWRITABLE);
        }
    }

    private CliProcess start(List<String> words, String... arguments) {
        return CliProcess.startWith(words, directory, sandbox.apiKey(), arguments);
    }

    private String[] delete(String... more) {
        return Stream.concat(
                        Stream.of(
                                "delete",
                                "--yes",
                                "--no-progress",
                                "--rate",
                                "500",
                                "--base-url",
                                sandbox.baseUrl().toString(),
                                "--ids",
                                ids.toString()),
                        Stream.of(more))
                .toArray(String[]::new);
    }
}
