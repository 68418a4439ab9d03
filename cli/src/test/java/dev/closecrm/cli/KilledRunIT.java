package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs that are killed ({@code kill -9}) and resumed until they are done. When is decided by the seed and by how many requests the
 * service has seen. Every second kill comes when the service has committed deletes and answers none of them, and in both files
 * a line may be cut in two, as one that was being written.
 */
class KilledRunIT {

    private static final int CONTACTS = 200;
    private static final int REPETITIONS = 10;
    private static final int CONCURRENCY = 8;
    private static final int MOST_KILLS = 2;

    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicReference<Runnable> onRequest = new AtomicReference<>(() -> {});
    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    private Path ids;
    private Path results;
    private Path journal;

    @BeforeEach
    void startSandbox() {
        sandbox = CloseCrmSandbox.builder()
                .contacts(CONTACTS)
                .onVerdict(verdict -> {
                    requests.incrementAndGet();
                    onRequest.get().run();
                })
                .start();
        ids = directory.resolve("ids.txt");
        results = directory.resolve("results.csv");
        journal = directory.resolve("results.csv.journal");
    }

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @RepeatedTest(20)
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void isResumedUntilEveryContactIsReportedDeleted(RepetitionInfo repetition) throws IOException {
        long seed = Long.getLong("closecrm.test.seed", 1) + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>(sandbox.contactIds());
        lines.addAll(lines.subList(0, REPETITIONS));
        Collections.shuffle(lines, random);
        Files.write(ids, lines);

        int kills = 1 + random.nextInt(MOST_KILLS);
        for (int i = 0; i < kills; i++) {
            int left = sandbox.contactCount();
            runAndKill(1 + random.nextInt(Math.max(1, left - CONCURRENCY)), (i + seed) % 2 == 0);
            tear(random);
        }
        int left = sandbox.contactCount();
        try (CliProcess last = start()) {
            assertThat(last.exitCode())
                    .as(() -> "seed " + seed + "\n" + last.err())
                    .isEqualTo(ExitCode.OK);
            assertThat(last.out())
                    .startsWith("deleted=" + CONTACTS + " not_found=0 failed=0 not_attempted=0 duplicate=10 ");
        }

        assertReported(lines, seed);
        assertThat(sandbox.contactCount()).isZero();
        // A last run that had nothing left to find is not believed for good.
        boolean doubted = Files.exists(journal);
        assertThat(doubted && left > 0)
                .as("seed %d: a journal with nothing to go on with", seed)
                .isFalse();
        long askedTwice =
                sandbox.ledger().entries().filter(entry -> entry.requests() > 1).count();
        // Those in flight, those with an answer that waited to be written, and one whose line was cut.
        assertThat(askedTwice)
                .as("seed %d: asked twice", seed)
                .isLessThanOrEqualTo(kills * (DeleteRun.ASKED_FOR_EACH_IN_FLIGHT * CONCURRENCY + 1L));
        try (CliProcess again = start()) {
            assertThat(again.exitCode()).isEqualTo(ExitCode.OK);
            assertThat(again.err()).startsWith(doubted ? "deleting " : "nothing to do: all 210 inputs have their last");
            assertThat(again.out()).startsWith("deleted=" + CONTACTS + " not_found=0 ");
        }
        System.out.println("seed " + seed + ": " + kills + " kills, " + requests + " requests, " + askedTwice
                + " contacts asked for twice");
    }

    private CliProcess start() {
        boolean resume = Files.exists(results) || Files.exists(journal);
        return CliProcess.start(
                directory,
                sandbox.apiKey(),
                DeleteArguments.sure(
                        sandbox,
                        ids,
                        results,
                        "--concurrency",
                        Integer.toString(CONCURRENCY),
                        resume ? "--resume" : "--no-progress"));
    }

    /**
     * Runs, and kills when the service has seen so many requests more.
     *
     * @param atBarrier whether from then on it deletes without an answer, until the client waits for answers only
     */
    private void runAndKill(int after, boolean atBarrier) {
        AtomicReference<CliProcess> running = new AtomicReference<>();
        int begin = requests.get() + after;
        int kill = atBarrier ? begin + CONCURRENCY - 1 : begin;
        onRequest.set(() -> {
            if (atBarrier && requests.get() == begin) {
                sandbox.faults().every(1, Fault.silent().afterDelete());
            }
            CliProcess process = running.get();
            if (requests.get() >= kill && process != null) {
                process.kill();
            }
        });
        try (CliProcess process = start()) {
            running.set(process);
            int code = process.exitCode();
            // It may have been faster than the kill.
            assertThat(code).as(process::err).isIn(137, ExitCode.OK);
        } finally {
            onRequest.set(() -> {});
            sandbox.faults().clear();
        }
    }

    /** Cuts what was being written when the process died. */
    private void tear(Random random) throws IOException {
        boolean results = random.nextBoolean();
        boolean journal = random.nextBoolean();
        if (!Files.exists(this.journal)) {
            return; // it had come to its end
        }
        if (results) {
            byte[] written = Files.readAllBytes(this.results);
            int lastLine = written.length - 1;
            while (lastLine > 0 && written[lastLine - 1] != '\n') {
                lastLine--;
            }
            int length = written.length - lastLine;
            try (RandomAccessFile file = new RandomAccessFile(this.results.toFile(), "rw")) {
                file.setLength(written.length - (length == 0 ? 0 : random.nextInt(length)));
            }
        }
        if (journal) {
            Files.writeString(this.journal, "1", StandardOpenOption.APPEND);
        }
    }

    private void assertReported(List<String> lines, long seed) throws IOException {
        List<NamedCsvRecord> rows = new ResultsReader(results).byIndex();
        assertThat(rows).extracting(row -> row.getField("contact_id")).containsExactlyElementsOf(lines);
        assertThat(rows)
                .extracting(row -> Integer.parseInt(row.getField("index")))
                .as("one line for each input")
                .isSorted()
                .doesNotHaveDuplicates();
        Map<String, Integer> deleted = new HashMap<>();
        for (NamedCsvRecord row : rows) {
            String outcome = row.getField("outcome");
            assertThat(outcome).as("seed %d: %s", seed, row).isIn("deleted", "duplicate");
            deleted.merge(row.getField("contact_id"), outcome.equals("deleted") ? 1 : 0, Integer::sum);
        }
        assertThat(deleted)
                .hasSize(CONTACTS)
                .allSatisfy((id, times) ->
                        assertThat(times).as("seed %d: %s deleted", seed, id).isEqualTo(1));
    }
}
