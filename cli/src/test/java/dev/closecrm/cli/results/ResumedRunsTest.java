package dev.closecrm.cli.results;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lists with many repetitions, and runs that go wrong in every way until one goes well: failures, stops, kills, a key that sees no
 * contact. The client and the service are played, so that thousands of runs take a moment; the files are real.
 */
class ResumedRunsTest {

    private static final int LISTS = 400;
    private static final int MOST_BAD_RUNS = 4;

    @TempDir
    private Path directory;

    private Random random = new Random();
    private Path results;
    private Inputs inputs;
    private Inputs.Survey survey;
    private final Set<String> living = new HashSet<>();

    @Test
    void everyIdEndsWithALineThatSaysItIsGoneAndIsGone() throws IOException {
        long first = Long.getLong("closecrm.test.seed", 1);
        System.out.println("seeds " + first + " to " + (first + LISTS - 1));
        for (long seed = first; seed < first + LISTS; seed++) {
            random = new Random(seed);
            results = directory.resolve(seed + ".csv");
            Set<String> existed = makeList();

            int badRuns = 1 + random.nextInt(MOST_BAD_RUNS);
            for (int i = 0; i < badRuns; i++) {
                new Run(random.nextInt(3) == 0, random.nextDouble(), random.nextInt(2 * survey.count())).go();
            }
            new Run(false, 0, Integer.MAX_VALUE).go();

            assertReported(existed, seed);
        }
    }

    /** Some contacts, some of them several times, some that never were. */
    private Set<String> makeList() {
        int contacts = 1 + random.nextInt(8);
        List<String> list = new ArrayList<>();
        for (int i = 0; i < contacts; i++) {
            list.addAll(Collections.nCopies(1 + random.nextInt(3), "cont_" + i));
        }
        if (random.nextBoolean()) {
            Collections.shuffle(list, random);
        }
        living.clear();
        IntStream.range(0, contacts)
                .filter(i -> random.nextInt(4) > 0)
                .mapToObj(i -> "cont_" + i)
                .forEach(living::add);
        inputs = Inputs.of(list);
        survey = inputs.survey((place, id) -> {});
        return new HashSet<>(living);
    }

    private void assertReported(Set<String> existed, long seed) throws IOException {
        assertThat(living).as("seed %d: left alive", seed).isEmpty();
        List<NamedCsvRecord> rows = new ResultsReader(results).byIndex();
        assertThat(rows)
                .extracting(row -> Integer.parseInt(row.getField("index")))
                .as("seed %d", seed)
                .containsExactlyElementsOf(
                        IntStream.range(0, survey.count()).boxed().toList());
        Set<String> all = new TreeSet<>();
        Set<String> deleted = new TreeSet<>();
        Set<String> notFound = new TreeSet<>();
        for (NamedCsvRecord row : rows) {
            String id = row.getField("contact_id");
            all.add(id);
            switch (row.getField("outcome")) {
                case "deleted" -> deleted.add(id);
                case "not_found" -> notFound.add(id);
                default ->
                    assertThat(row.getField("outcome")).as("seed %d", seed).isEqualTo("duplicate");
            }
        }
        assertThat(deleted).as("seed %d: deleted", seed).containsAll(existed);
        deleted.addAll(notFound);
        assertThat(deleted).as("seed %d: with a line of their own", seed).isEqualTo(all);
    }

    /** What {@code DeleteRun} and the client do, with what goes wrong decided by chance. */
    private final class Run {

        private final boolean keySeesNothing;
        private final double wrong;
        private final int steps;
        private final boolean killed = random.nextBoolean();
        private final Set<String> seen = new HashSet<>();
        private boolean complete = true;
        private final List<List<String>> waiting = new ArrayList<>();

        /**
         * @param wrong how much of what is sent fails
         * @param steps after how many inputs it is stopped or killed
         */
        Run(boolean keySeesNothing, double wrong, int steps) {
            this.keySeesNothing = keySeesNothing;
            this.wrong = wrong;
            this.steps = steps;
        }

        void go() {
            try (RunFiles files = Files.exists(results)
                            ? RunFiles.resume(results, inputs, survey, 100)
                            : RunFiles.create(results, false, inputs, survey);
                    Inputs.Pass pass = inputs.read()) {
                files.begin();
                int step = 0;
                for (Input input = pass.next(); input != null; input = pass.next()) {
                    if (files.earlier().settled().get(input.index())) {
                        continue;
                    }
                    if (step++ < steps) {
                        files.begin(input);
                        waiting.add(seen.add(input.id()) ? send(input, files) : ResultLine.duplicate(input));
                        writeSome(files);
                    } else if (killed) {
                        return;
                    } else {
                        complete = false;
                        waiting.add(ResultLine.notAttempted(input));
                    }
                }
                waiting.forEach(files::write);
                if (complete) {
                    files.finished();
                }
            }
        }

        /** Results are written as deletes end, which is in any order. */
        private void writeSome(RunFiles files) {
            while (waiting.size() > 3) {
                files.write(waiting.remove(random.nextInt(waiting.size())));
            }
        }

        private List<String> send(Input input, RunFiles files) {
            if (random.nextDouble() < wrong) {
                boolean applied = random.nextBoolean() && !keySeesNothing;
                if (applied) {
                    living.remove(input.id());
                }
                complete = false;
                boolean known = !applied && random.nextBoolean();
                return line(input, "failed", "", known ? "not_applied" : "unknown");
            }
            if (!keySeesNothing && living.remove(input.id())) {
                return line(input, "deleted", "confirmed", "");
            }
            return files.earlier().maybeSent().get(input.index())
                    ? line(input, "deleted", "inferred", "")
                    : line(input, "not_found", "", "");
        }

        private static List<String> line(Input input, String outcome, String confirmation, String delivery) {
            return List.of(
                    Integer.toString(input.index()), input.id(), outcome, confirmation, delivery, "", "1", "1", "");
        }
    }
}
