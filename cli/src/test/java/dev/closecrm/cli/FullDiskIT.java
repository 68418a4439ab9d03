package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose results file cannot grow any more; the shell's limit on the size of files stands for the end of a disk. */
class FullDiskIT {

    private static final Path SHELL = Path.of("/bin/sh");
    private static final int CONTACTS = 1_000;

    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    @AfterEach
    void closeSandbox() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void endsInOrderAndIsResumedOnceThereIsRoom() throws IOException {
        assumeTrue(Files.isExecutable(SHELL), "there is no /bin/sh");
        sandbox = CloseCrmSandbox.start(CONTACTS);

        // 100 blocks of 512 bytes, or of 1,024.
        try (CliProcess full = start(100, "--concurrency", "32")) {
            assertThat(full.exitCode()).as(full::err).isEqualTo(ExitCode.ERROR);
            assertThat(full.out()).startsWith("deleted=" + sandbox.ledger().deleted() + " not_found=0 failed=0 ");
            String why = "stopped: cannot write the results any more: " + results() + ": File too large; make room";
            assertThat(full.out().lines()).last().isEqualTo(why);
            assertThat(full.err().lines().skip(1))
                    .containsExactly(
                            "error: " + why,
                            "to go on: closecrm " + String.join(" ", arguments("--concurrency", "32")) + " --resume");
        }
        assertThat(sandbox.ledger().deleted()).isBetween(1L, CONTACTS - 1L);
        assertThat(Files.size(results())).isBetween(1L, 100 * 1_024L);

        isCompletedByAResumedRun(CONTACTS, "--concurrency", "32");
    }

    @Test
    void keepsTheJournalThoughEverythingIsDeleted() throws IOException {
        assumeTrue(Files.isExecutable(SHELL), "there is no /bin/sh");
        // All are on their way before the first line is written.
        int contacts = 600;
        sandbox = CloseCrmSandbox.builder()
                .contacts(contacts)
                .latency(Duration.ofSeconds(2))
                .start();

        try (CliProcess full = start(40, "--concurrency", Integer.toString(contacts))) {
            assertThat(full.exitCode()).as(full::err).isEqualTo(ExitCode.ERROR);
            assertThat(full.out()).startsWith("deleted=" + contacts + " ");
            assertThat(full.err().lines()).last().asString().startsWith("to go on: ");
        }

        isCompletedByAResumedRun(contacts, "--concurrency", Integer.toString(contacts));
    }

    private void isCompletedByAResumedRun(int contacts, String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of(more));
        all.add("--resume");
        try (CliProcess resumed =
                CliProcess.start(directory, sandbox.apiKey(), arguments(all.toArray(String[]::new)))) {
            assertThat(resumed.exitCode()).as(resumed::err).isEqualTo(ExitCode.OK);
            assertThat(resumed.out()).startsWith("deleted=" + contacts + " not_found=0 failed=0 ");
        }
        ResultsReader written = new ResultsReader(results());
        assertThat(written.byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(sandbox.contactIds());
        assertThat(written.count("deleted")).isEqualTo(contacts);
        assertThat(sandbox.ledger().deleted()).isEqualTo(contacts);
    }

    private CliProcess start(int blocks, String... more) throws IOException {
        Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
        List<String> shell = List.of("/bin/sh", "-c", "ulimit -f " + blocks + "; exec \"$@\"", "sh");
        return CliProcess.startWith(shell, directory, sandbox.apiKey(), arguments(more));
    }

    private Path results() {
        return directory.resolve("results.csv");
    }

    private String[] arguments(String... more) {
        List<String> all = new ArrayList<>(List.of(more));
        all.add(0, "--no-progress");
        return DeleteArguments.sure(sandbox, directory.resolve("ids.txt"), results(), all.toArray(String[]::new));
    }
}
