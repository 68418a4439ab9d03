package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Types what {@code docs/cleaning-up.md} shows, and compares. To write it anew:
 *
 * <pre>{@code
 * ./mvnw -q -pl cli -am verify -Dit.test=CleaningUpIT -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dfailsafe.failIfNoSpecifiedTests=false -Dtranscript.write=true
 * }</pre>
 */
class CleaningUpIT {

    private static final Path PAGE = Path.of(System.getProperty("closecrm.docs", "../docs"), "cleaning-up.md");
    private static final int CONTACTS = 500;
    private static final int BEFORE_CTRL_C = 300;
    private static final int CONCURRENCY = 4;

    private static final String DELETE =
            "delete --ids export.csv --results outcome.csv --base-url http://127.0.0.1:8080 --concurrency 4";

    private final AtomicInteger requests = new AtomicInteger();
    private CloseCrmSandbox sandbox;
    private int lastCode;

    @TempDir
    private Path directory;

    @BeforeEach
    void exportContacts() throws IOException {
        assumeTrue(PseudoTerminal.isThere(), "there is no /usr/bin/script (Debian: bsdutils)");
        sandbox = CloseCrmSandbox.builder()
                .contacts(CONTACTS)
                .onVerdict(verdict -> {
                    // The last ones in front of Ctrl-C are in flight when it comes.
                    int number = requests.incrementAndGet();
                    if (number == BEFORE_CTRL_C - CONCURRENCY + 1) {
                        sandbox.faults().every(1, Fault.delay(Duration.ofSeconds(3)));
                    } else if (number == BEFORE_CTRL_C + 1) {
                        sandbox.faults().clear();
                    }
                })
                .start();
        List<String> ids = new ArrayList<>(sandbox.contactIds());
        ids.add(120, "lead_" + ids.get(120).substring(5));
        ids.add(333, "cont_0000000000000000000000000000000000000000000");
        ids.add(ids.get(16));
        StringBuilder rows = new StringBuilder("contact_id,name\n");
        for (int i = 0; i < ids.size(); i++) {
            rows.append(ids.get(i)).append(",Import ").append(i + 1).append('\n');
        }
        Files.writeString(directory.resolve("export.csv"), rows);
        // What a user puts into the path.
        Path script = Files.writeString(
                directory.resolve("closecrm"),
                "#!/bin/sh\nexec "
                        + CliProcess.command().stream()
                                .map(word -> "'"
                                        + (word.equals(CliProcess.JAR)
                                                ? Path.of(word).toAbsolutePath()
                                                : word) + "'")
                                .collect(Collectors.joining(" "))
                        + " \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void closeSandbox() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void isWhatThePageShows() throws Exception {
        String page = Files.readString(PAGE);
        String written = page;

        written = with(
                written, "look", shell("head -3 export.csv") + shell("closecrm delete --ids export.csv --dry-run"));
        written = with(written, "delete", "$ export CLOSE_API_KEY=\"$(cat ~/.close-key)\"\n" + deleteAndStop());
        written = with(written, "resume", shell("closecrm " + DELETE + " --resume --yes") + shell("echo $?"));
        written = with(
                written,
                "report",
                shell("tail -n +2 outcome.csv | sort -n | head -3 | cut -d, -f1-7")
                        + shell("tail -n +2 outcome.csv | cut -d, -f3 | sort | uniq -c")
                        + shell("grep failed outcome.csv"));

        if (Boolean.getBoolean("transcript.write")) {
            Files.writeString(PAGE, written);
        }
        assertThat(written).isEqualTo(page);
    }

    /** A run with a person in front of it: says yes, watches the bar, and presses Ctrl-C. */
    private String deleteAndStop() {
        List<String> words = new ArrayList<>(List.of(real(DELETE).split(" ")));
        words.replaceAll(word -> word.endsWith(".csv") ? directory.resolve(word).toString() : word);
        try (PseudoTerminal terminal = PseudoTerminal.start(
                100, Map.of("CLOSE_API_KEY", sandbox.apiKey(), "NO_COLOR", "1"), words.toArray(String[]::new))) {
            terminal.await(text -> text.contains("[y/N]"));
            terminal.type("y\n");
            Pattern bar = Pattern.compile("\\[[=> ]+] +\\d+% 297/503[^\r\033\n]* failed 1(?=\033\\[K)");
            terminal.await(text -> bar.matcher(text).find());
            terminal.type(PseudoTerminal.CTRL_C);
            assertThat(terminal.exitCode()).isEqualTo(130);
            Matcher drawn = bar.matcher(terminal.seen());
            assertThat(drawn.find()).isTrue();

            StringBuilder lines = new StringBuilder("$ closecrm " + DELETE + "\n");
            for (String line : terminal.lines()) {
                String shown = line.replace("^C", "");
                if (shown.startsWith("interrupted: ")) {
                    lines.append(drawn.group()).append("^C\n");
                }
                lines.append(shown).append('\n');
            }
            return shownOnThePage(lines.toString());
        }
    }

    private String shell(String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "(exit $CODE); " + real(command))
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().put("CODE", Integer.toString(lastCode));
        builder.environment().put("CLOSE_API_KEY", sandbox.apiKey());
        builder.environment().remove("CLOSE_ACCESS_TOKEN");
        builder.environment().merge("PATH", directory.toString(), (path, here) -> here + ":" + path);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        lastCode = process.waitFor();
        return shownOnThePage("$ " + command + "\n" + output);
    }

    private String real(String command) {
        return command.replace("http://127.0.0.1:8080", sandbox.baseUrl().toString());
    }

    /** Without what differs from run to run. */
    private String shownOnThePage(String text) {
        return text.replace(sandbox.baseUrl().toString(), "http://127.0.0.1:8080")
                .replace(directory + "/", "")
                .replaceAll("elapsed=[\\d.]+s rate=[\\d.]+/s", "elapsed=9.87s rate=30.4/s")
                .replaceAll("  [\\d.]+/s  ETA [\\d:]+", "  30.4/s  ETA 0:07");
    }

    private static String with(String page, String name, String transcript) {
        Pattern block = Pattern.compile("(<!-- transcript: " + name + " -->\n```console\n).*?```", Pattern.DOTALL);
        Matcher matcher = block.matcher(page);
        assertThat(matcher.find()).as("a place for %s", name).isTrue();
        return matcher.replaceFirst(Matcher.quoteReplacement(matcher.group(1) + transcript + "```"));
    }
}
