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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same as {@code ResumedRunsTest} with the client and a service: lists with many repetitions, and runs that go wrong until one goes
 * well. Kills are those of {@link KilledRunIT}.
 */
class ResumedRunsIT {

    private static final int CONTACTS = 60;
    private static final int MOST_BAD_RUNS = 3;

    private static final Fault[] FAULTS = {
        Fault.status(400), Fault.status(403), Fault.resetBefore(), Fault.resetAfter(), Fault.status(401)
    };

    @TempDir
    private Path directory;

    @RepeatedTest(20)
    void everyIdEndsWithALineThatSaysItIsGoneAndIsGone(RepetitionInfo repetition) throws IOException {
        long seed = Long.getLong("closecrm.test.seed", 1) + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        List<String> said = new ArrayList<>();
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(CONTACTS);
                CloseCrmSandbox other = CloseCrmSandbox.start(0)) {
            List<String> list = list(sandbox.contactIds(), random);
            Path ids = Files.write(directory.resolve("ids.txt"), list);

            int badRuns = 1 + random.nextInt(MOST_BAD_RUNS);
            for (int i = 0; i < badRuns; i++) {
                sandbox.faults().withProbability(0.1 + random.nextDouble() / 2, seed + i, some(random));
                CommandRun run = run(sandbox);
                run.execute(delete(random.nextInt(4) == 0 ? other : sandbox, ids, random));
                said.add(run.out());
            }
            sandbox.faults().clear();
            CommandRun last = run(sandbox);
            int code = last.execute(delete(sandbox, ids, new Random(0)));
            said.add(last.out());
            System.out.println("seed " + seed + ": " + said);

            assertThat(code).as("seed %d: %s", seed, last.err()).isEqualTo(ExitCode.OK);
            assertThat(sandbox.contactCount()).as("seed %d: left alive", seed).isZero();
            assertReported(list, sandbox, seed);
        }
    }

    private static List<String> list(List<String> present, Random random) {
        List<String> list = new ArrayList<>();
        for (String id : present) {
            list.addAll(Collections.nCopies(1 + random.nextInt(3), id));
        }
        IntStream.range(0, 5).mapToObj(i -> "cont_missing" + i).forEach(list::add);
        if (random.nextBoolean()) {
            Collections.shuffle(list, random);
        }
        return list;
    }

    private static Fault[] some(Random random) {
        List<Fault> some = new ArrayList<>(List.of(FAULTS));
        Collections.shuffle(some, random);
        return some.subList(0, 1 + random.nextInt(2)).toArray(Fault[]::new);
    }

    private void assertReported(List<String> list, CloseCrmSandbox sandbox, long seed) throws IOException {
        List<NamedCsvRecord> rows = new ResultsReader(directory.resolve("results.csv")).byIndex();
        assertThat(rows)
                .extracting(row -> row.getField("contact_id"))
                .as("seed %d", seed)
                .containsExactlyElementsOf(list);
        Set<String> deleted = new HashSet<>();
        Set<String> ended = new HashSet<>();
        for (NamedCsvRecord row : rows) {
            String id = row.getField("contact_id");
            switch (row.getField("outcome")) {
                case "deleted" -> {
                    deleted.add(id);
                    ended.add(id);
                }
                case "not_found" -> ended.add(id);
                default ->
                    assertThat(row.getField("outcome")).as("seed %d", seed).isEqualTo("duplicate");
            }
        }
        assertThat(ended).as("seed %d: with a line of their own", seed).containsAll(list);
        assertThat(deleted).as("seed %d: deleted", seed).containsAll(sandbox.contactIds());
    }

    private static CommandRun run(CloseCrmSandbox sandbox) {
        return CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));
    }

    private String[] delete(CloseCrmSandbox sandbox, Path ids, Random random) {
        Path results = directory.resolve("results.csv");
        return new String[] {
            "delete",
            "--yes",
            "--no-progress",
            "--base-url",
            sandbox.baseUrl().toString(),
            "--concurrency",
            Integer.toString(1 + random.nextInt(8)),
            "--max-failures",
            Integer.toString(1 + random.nextInt(20)),
            "--ids",
            ids.toString(),
            "--results",
            results.toString(),
            Files.exists(results) ? "--resume" : "--no-color",
        };
    }
}
