package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import dev.closecrm.sandbox.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The main job from end to end: what the results file says of each line is what the service's ledger says of it. */
class MainJobIT {

    @TempDir
    private Path directory;

    @Test
    void aThousandLinesOfEveryKindAreEachAccountedFor() throws IOException {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(950)) {
            List<String> present = sandbox.contactIds();
            List<String> lines = new ArrayList<>(present.subList(0, 930));
            IntStream.range(0, 30).mapToObj(i -> "cont_missing" + i).forEach(lines::add);
            IntStream.range(0, 20).mapToObj(i -> "lead_" + i).forEach(lines::add);
            lines.addAll(present.subList(100, 120));
            Collections.shuffle(lines, new Random(Long.getLong("closecrm.test.seed", 1)));
            for (String id : present.subList(0, 10)) {
                sandbox.faults().forContact(id, Fault.status(503));
            }

            List<NamedCsvRecord> rows = delete(sandbox, lines, ExitCode.SOME_FAILED);

            Set<String> seen = new HashSet<>();
            for (int i = 0; i < lines.size(); i++) {
                NamedCsvRecord row = rows.get(i);
                assertThat(row.getField("index")).isEqualTo(Integer.toString(i));
                assertThat(row.getField("contact_id")).isEqualTo(lines.get(i));
                assertAgrees(row, seen.add(lines.get(i)), sandbox.ledger());
            }
            assertThat(present.subList(930, 950)).allMatch(sandbox::contains);
            assertThat(sandbox.ledger().inFlight()).isZero();
        }
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void aHundredThousandLinesAreEachDeletedOnce() throws IOException {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(100_000)) {
            List<String> lines = sandbox.contactIds();

            List<NamedCsvRecord> rows = delete(sandbox, lines, ExitCode.OK);

            for (int i = 0; i < lines.size(); i++) {
                NamedCsvRecord row = rows.get(i);
                Ledger.Entry entry = sandbox.ledger().entry(lines.get(i));
                String said = row.getField("index") + " " + row.getField("contact_id") + " " + row.getField("outcome")
                        + " " + row.getField("confirmation") + " " + row.getField("attempts");
                String done = i + " " + lines.get(i) + (entry.deletes() == 1 ? " deleted confirmed " : " kept ")
                        + entry.requests();
                if (!said.equals(done)) {
                    assertThat(said).as("line %d", i).isEqualTo(done);
                }
            }
            assertThat(sandbox.contactCount()).isZero();
            assertThat(sandbox.ledger().requests()).isEqualTo(100_000);
        }
    }

    private List<NamedCsvRecord> delete(CloseCrmSandbox sandbox, List<String> lines, int code) throws IOException {
        Path ids = Files.write(directory.resolve("ids.txt"), lines);
        Path results = directory.resolve("results.csv");
        CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));

        assertThat(run.execute(DeleteArguments.sure(sandbox, ids, results)))
                .as(run::err)
                .isEqualTo(code);

        ResultsReader written = new ResultsReader(results);
        assertThat(written.byIndex()).hasSameSizeAs(lines);
        assertThat(run.outLines())
                .singleElement()
                .asString()
                .startsWith("deleted=" + written.count("deleted") + " not_found=" + written.count("not_found")
                        + " failed=" + written.count("failed") + " not_attempted=" + written.count("not_attempted")
                        + " duplicate=" + written.count("duplicate") + " ");
        System.out.println(lines.size() + " lines: " + run.out());
        return written.byIndex();
    }

    /** Which of two lines with the same id is the duplicate is told by their order. */
    private static void assertAgrees(NamedCsvRecord row, boolean first, Ledger ledger) {
        String id = row.getField("contact_id");
        Ledger.Entry entry = ledger.entry(id);
        String outcome = row.getField("outcome");
        if (!id.startsWith("cont_")) {
            assertThat(outcome).isEqualTo("failed");
            assertThat(row.getField("delivery")).isEqualTo("not_sent");
            assertThat(row.getField("error")).contains(id);
            assertThat(entry.requests()).isZero();
        } else if (!first) {
            assertThat(outcome).isEqualTo("duplicate");
            assertThat(row.getField("attempts")).isEqualTo("0");
        } else if (id.startsWith("cont_missing")) {
            assertThat(outcome).isEqualTo("not_found");
            assertThat(row.getField("status")).isEqualTo("404");
            assertThat(entry.requests()).isEqualTo(1);
            assertThat(entry.deletes()).isZero();
        } else {
            // A 503 costs the contact an attempt, or is its end.
            assertThat(outcome).isEqualTo(entry.deletes() == 1 ? "deleted" : "failed");
            assertThat(row.getField("attempts")).isEqualTo(Integer.toString(entry.requests()));
            assertThat(row.getField("status"))
                    .isEqualTo(Integer.toString(entry.lastStatus().orElseThrow()));
            assertThat(row.getField("delivery")).isEqualTo(entry.deletes() == 1 ? "" : "unknown");
        }
    }
}
