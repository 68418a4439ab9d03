package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run in the background, where nobody draws and somebody sends signals. */
class SignalIT {

    private final CountDownLatch fifty = new CountDownLatch(50);
    private final CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
            .contacts(20_000)
            .onVerdict(verdict -> fifty.countDown())
            .start();

    @TempDir
    private Path directory;

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
    void stopsInOrderAndAccountsForEveryInput(String signal, int code) throws Exception {
        List<String> all = sandbox.contactIds();
        Path results = directory.resolve("results.csv");
        try (CliProcess process = start(results)) {
            assertThat(fifty.await(60, TimeUnit.SECONDS)).isTrue();
            process.signal(signal);

            assertThat(process.exitCode()).as(process::err).isEqualTo(code);
            assertThat(process.out()).contains("\nstopped: the run was interrupted\n");
            assertThat(process.err())
                    .contains("interrupted: nothing more is sent; waiting for what is in flight, for at most 12 s")
                    .doesNotContain("\r", "\033");
            assertThat(process.err().lines())
                    .last()
                    .asString()
                    .startsWith("to go on: closecrm delete ")
                    .endsWith(" --yes --resume");
        }
        ResultsReader written = new ResultsReader(results);
        assertThat(written.byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(all);
        assertThat(written.count("deleted")).isEqualTo(sandbox.ledger().deleted());
        assertThat(written.count("deleted") + written.count("not_attempted")).isEqualTo(all.size());
    }

    @Test
    void ofWhatHasNoAnswerInTimeItSaysThatItMayBeDeleted() throws Exception {
        sandbox.faults().every(1, Fault.silent().afterDelete());
        Path results = directory.resolve("results.csv");
        try (CliProcess process = start(results, "--concurrency", "50")) {
            assertThat(fifty.await(60, TimeUnit.SECONDS)).isTrue();
            process.signal("TERM");

            assertThat(process.exitCode()).as(process::err).isEqualTo(143);
        }
        ResultsReader written = new ResultsReader(results);
        assertThat(written.count("failed")).isEqualTo(50);
        assertThat(written.byIndex())
                .filteredOn(row -> row.getField("outcome").equals("failed"))
                .allMatch(row -> row.getField("delivery").equals("unknown"));

        sandbox.faults().clear();
        try (CliProcess process = start(results, "--resume")) {
            assertThat(process.exitCode()).as(process::err).isEqualTo(ExitCode.OK);
            assertThat(process.out()).startsWith("deleted=20000 not_found=0 failed=0 not_attempted=0 duplicate=0 ");
        }
        assertThat(new ResultsReader(results).byIndex())
                .filteredOn(row -> row.getField("confirmation").equals("inferred"))
                .hasSize(50);
    }

    private CliProcess start(Path results, String... more) throws IOException {
        Path ids = Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
        return CliProcess.start(directory, sandbox.apiKey(), DeleteArguments.sure(sandbox, ids, results, more));
    }
}
