package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job against a service that a quarter of all requests goes wrong with. Longer, as {@code docs/guarantees.md} tells of it:
 *
 * <pre>{@code
 * ./mvnw -q -pl core,sandbox,reactor-adapter,cli verify -Dit.test=FaultyServiceIT -Dtest=none \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dfaulty.deletes=10000
 * }</pre>
 */
class FaultyServiceIT {

    private static final int DELETES = Integer.getInteger("faulty.deletes", 1_000);
    private static final String MISSING = "cont_missing";

    private static final Fault[] FAULTS = {
        Fault.resetBefore(),
        Fault.resetAfter(),
        Fault.closeBefore(),
        Fault.closeAfter(),
        Fault.truncated(),
        Fault.garbage(),
        Fault.status(500),
        Fault.status(500).afterDelete(),
        Fault.status(502),
        Fault.status(502).afterDelete(),
        Fault.status(503),
        Fault.status(503).afterDelete(),
        Fault.status(504),
        Fault.status(504).afterDelete(),
        Fault.status(429, ""),
        Fault.status(429, "slow down").header("Retry-After", "soon"),
        Fault.status(429, "{\"error\": {\"rate_reset\": 0.2").header("Retry-After", "1"),
        Fault.interim(103),
        Fault.interimApart(103, 103),
        Fault.chunked(),
        Fault.noContent(),
        Fault.connectionClose(),
    };

    @TempDir
    private Path directory;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void noLineIsReportedWronglyAndHardlyAnyFails() throws IOException {
        long seed = Long.getLong("closecrm.test.seed", 1);
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(DELETES * 9 / 10)) {
            List<String> ids = new ArrayList<>(sandbox.contactIds());
            for (int i = ids.size(); i < DELETES; i++) {
                ids.add(MISSING + i);
            }
            Collections.shuffle(ids, new Random(seed));
            sandbox.faults().withProbability(0.25, seed, FAULTS);

            ResultsReader results = delete(sandbox, ids);

            System.out.println("seed " + seed + ": " + DELETES + " ids, "
                    + sandbox.ledger().requests() + " requests, "
                    + sandbox.ledger().faulted() + " met a fault");
            assertThat(results.byIndex()).hasSameSizeAs(ids);
            for (NamedCsvRecord row : results.byIndex()) {
                assertTrue(row, sandbox);
            }
            assertThat(results.count("failed")).isLessThanOrEqualTo(DELETES / 100);
        }
    }

    private ResultsReader delete(CloseCrmSandbox sandbox, List<String> lines) throws IOException {
        Path ids = Files.write(directory.resolve("ids.txt"), lines);
        Path results = directory.resolve("results.csv");
        CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));
        String url = sandbox.baseUrl().toString();
        int code = run.execute(
                "delete",
                "--yes",
                "--unpaced",
                "--base-url",
                url,
                "--ids",
                ids.toString(),
                "--results",
                results.toString());
        assertThat(code).as(run::err).isIn(ExitCode.OK, ExitCode.SOME_FAILED);
        System.out.println(run.out());
        return new ResultsReader(results);
    }

    private static void assertTrue(NamedCsvRecord row, CloseCrmSandbox sandbox) {
        String id = row.getField("contact_id");
        boolean existed = !id.startsWith(MISSING);
        boolean lives = sandbox.contains(id);
        String said = row.getField("outcome") + " " + row.getField("confirmation") + row.getField("delivery");
        boolean fits = switch (said) {
            case "deleted confirmed" -> existed && !lives;
            case "deleted inferred" -> !lives;
            case "not_found " -> !existed;
            case "failed not_sent", "failed not_applied" -> lives == existed;
            case "failed unknown" -> true;
            default -> false;
        };
        assertThat(fits)
                .as(
                        "%s, but it %s and is %s: %s",
                        said, existed ? "existed" : "never was", lives ? "there" : "gone", row)
                .isTrue();
    }
}
