package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import dev.closecrm.sandbox.RateLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees on a terminal, and what Ctrl-C does there. */
class TerminalIT {

    private static final Pattern BAR = Pattern.compile("\\[=+> *] +\\d+% \\d+/300  ");
    private static final String CTRL_D = "\u0004";
    private static final Pattern COLOUR = Pattern.compile("\033\\[\\d+m");

    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    private Path ids;
    private Path results;

    @BeforeEach
    void startSandbox() throws IOException {
        assumeTrue(PseudoTerminal.isThere(), "there is no /usr/bin/script (Debian: bsdutils)");
        sandbox = CloseCrmSandbox.builder()
                .contacts(300)
                .rateLimit(RateLimit.perKey(100, Duration.ofSeconds(2)))
                .start();
        ids = Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
        results = directory.resolve("results.csv");
    }

    @AfterEach
    void closeSandbox() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void drawsABarStopsAtCtrlCAndGoesOn() throws IOException {
        String hint;
        try (PseudoTerminal terminal = start(120, Map.of())) {
            terminal.await(text -> text.contains("[y/N]"));
            terminal.type("y\n");
            terminal.await(text -> BAR.matcher(text).find() && text.contains("waiting for quota "));
            terminal.type(PseudoTerminal.CTRL_C);

            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(130);
            assertThat(terminal.seen()).containsPattern(COLOUR);
            assertThat(terminal.lines())
                    .contains("Delete 300 contacts at " + sandbox.baseUrl() + "? This cannot be undone. [y/N] y")
                    .contains("deleting 300 contacts at " + sandbox.baseUrl())
                    .anyMatch(line -> line.contains("interrupted: nothing more is sent; waiting for what is in flight"))
                    .containsOnlyOnce("stopped: the run was interrupted")
                    .doesNotContain("error: stopped: the run was interrupted")
                    .noneMatch(line -> BAR.matcher(line).find());
            hint = lineWith(terminal, "to go on: ");
        }
        assertThat(hint)
                .isEqualTo("to go on: closecrm delete --base-url " + sandbox.baseUrl() + " --ids " + ids + " --results "
                        + results + " --resume");
        ResultsReader stopped = new ResultsReader(results);
        assertThat(stopped.byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(sandbox.contactIds());
        long deleted = stopped.count("deleted");
        assertThat(deleted).isEqualTo(sandbox.ledger().deleted()).isBetween(1L, 299L);

        try (PseudoTerminal terminal = start(120, Map.of(), "--resume")) {
            terminal.await(text -> text.contains("[y/N]"));
            assertThat(terminal.seen()).contains("Delete the remaining " + (300 - deleted) + " of 300 contacts at ");
            terminal.type("y\n");
            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(ExitCode.OK);
            assertThat(terminal.lines())
                    .anyMatch(line -> line.startsWith("deleted=300 not_found=0 failed=0 "))
                    .contains("of these, " + deleted + " were done by an earlier run");
        }
        assertThat(new ResultsReader(results).count("deleted")).isEqualTo(300);
        assertThat(sandbox.ledger().requests() - sandbox.ledger().refused429()).isEqualTo(300);
    }

    @Test
    void drawsWithoutColoursIfAskedToAndFitsTheWidth() {
        try (PseudoTerminal terminal = start(60, Map.of("NO_COLOR", "1"), "--yes")) {
            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(ExitCode.OK);

            assertThat(terminal.seen()).contains("% ", "/300").doesNotContainPattern(COLOUR);
            assertThat(bars(terminal)).hasSizeGreaterThan(5).allMatch(bar -> bar.length() < 60);
        }
    }

    @Test
    void endsTheLineOfAQuestionThatNobodyAnswers() {
        try (PseudoTerminal terminal = start(120, Map.of())) {
            terminal.await(text -> text.contains("[y/N]"));
            terminal.type(CTRL_D);

            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(ExitCode.USAGE);
            assertThat(terminal.lines())
                    .anyMatch(line -> line.strip().endsWith("[y/N]"))
                    .last()
                    .isEqualTo("nothing was deleted");
        }
    }

    @Test
    void asksThoughTheOutputGoesToAFile() throws IOException {
        Path output = directory.resolve("output.txt");
        try (PseudoTerminal terminal = start(List.of("sh", "-c", "exec \"$@\" >" + output, "sh"), 120, Map.of())) {
            terminal.await(text -> text.contains("[y/N]"));
            terminal.type("y\n");

            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(ExitCode.OK);
            assertThat(terminal.seen()).containsPattern(BAR);
            assertThat(output).content().startsWith("deleted=300 ");
        }
    }

    @Test
    void putsFailuresAboveTheBar() {
        for (String id : sandbox.contactIds().subList(40, 60)) {
            sandbox.faults().forContact(id, Fault.status(400));
        }
        try (PseudoTerminal terminal = start(100, Map.of(), "--yes")) {
            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(ExitCode.SOME_FAILED);

            List<String> failures = terminal.lines().stream()
                    .filter(line -> line.contains("failed: "))
                    .filter(line -> !line.startsWith("to try again"))
                    .toList();
            assertThat(failures).hasSize(11).allMatch(line -> line.startsWith("failed: "));
            assertThat(failures).last().isEqualTo("failed: 10 more");
        }
    }

    @Test
    void endsAtOnceAtTheSecondCtrlCAndLeavesNothingBehind() throws Exception {
        sandbox.faults().every(1, Fault.silent().afterDelete());
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        String kept = "glob:**/closecrm-ids-*.tmp";
        // What can be read only once is kept in a file for the time of the run.
        Path list = ids;
        ids = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", ids.toString()).start().waitFor())
                .isZero();
        new ProcessBuilder("sh", "-c", "cat " + list + " > " + ids).start();
        Map<String, String> there = Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        long begun;
        try (PseudoTerminal terminal = start(100, there, "--yes", "--unpaced", "--concurrency", "4")) {
            // It is drawn again and again, so there is always more to read.
            terminal.await(text -> text.contains("0/300") && sandbox.ledger().inFlight() == 4);
            assertThat(temporary).isDirectoryContaining(kept);
            terminal.type(PseudoTerminal.CTRL_C);
            terminal.await(text -> text.contains("interrupted: nothing more is sent; waiting for what is in flight, "));
            begun = System.nanoTime();
            terminal.type(PseudoTerminal.CTRL_C);

            assertThat(terminal.exitCode()).as(terminal::seen).isEqualTo(130);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Interruption.LONGEST_WAIT.dividedBy(2));
            assertThat(terminal.lines())
                    .as("the prompt of the shell comes in place of the bar")
                    .noneMatch(line -> line.contains("0/300"));
            assertThat(terminal.seen()).doesNotContain("deleted=");
            assertThat(temporary).isDirectoryNotContaining(kept);
        }
    }

    private PseudoTerminal start(int columns, Map<String, String> environment, String... more) {
        return start(List.of(), columns, environment, more);
    }

    private PseudoTerminal start(List<String> words, int columns, Map<String, String> environment, String... more) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("CLOSE_API_KEY", sandbox.apiKey());
        return PseudoTerminal.startWith(words, columns, all, DeleteArguments.of(sandbox, ids, results, more));
    }

    private static List<String> bars(PseudoTerminal terminal) {
        return Pattern.compile("\r|\n|\033\\[2?K")
                .splitAsStream(terminal.seen())
                .filter(part -> part.contains("/300"))
                .toList();
    }

    private static String lineWith(PseudoTerminal terminal, String beginning) {
        return terminal.lines().stream()
                .filter(line -> line.startsWith(beginning))
                .findFirst()
                .orElseThrow(() -> new AssertionError(terminal.seen()));
    }
}
