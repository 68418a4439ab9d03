package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody writes to the list while the run is under way. */
class ChangedListIT {

    private static final int COUNTED = 1_500;

    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicReference<Runnable> onTheHundredth = new AtomicReference<>(() -> {});
    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    private Path ids;
    private Path results;
    private List<String> counted;
    private List<String> others;

    @BeforeEach
    void startSandbox() throws IOException {
        sandbox = CloseCrmSandbox.builder()
                .contacts(2 * COUNTED)
                .onVerdict(verdict -> {
                    if (requests.incrementAndGet() == 100) {
                        onTheHundredth.get().run();
                    }
                })
                .start();
        counted = sandbox.contactIds().subList(0, COUNTED);
        others = sandbox.contactIds().subList(COUNTED, 2 * COUNTED);
        ids = Files.write(directory.resolve("ids.txt"), counted);
        results = directory.resolve("results.csv");
    }

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @Test
    void nothingIsSentThatWasNotCounted() throws IOException {
        onTheHundredth.set(() -> write(others));
        CommandRun run = run();

        assertThat(run.execute(delete())).isEqualTo(ExitCode.ERROR);

        assertThat(run.err())
                .contains("error: the ids in " + ids + " changed after they had been counted: from input ");
        assertThat(others).allMatch(sandbox::contains);
        long deleted = sandbox.ledger().deleted();
        assertThat(deleted).isBetween(100L, COUNTED - 1L);
        assertThat(sandbox.ledger().requests())
                .as("no id that is none of the two lists")
                .isEqualTo(deleted);
        assertThat(run.out())
                .startsWith("deleted=" + deleted + " not_found=0 failed=0 not_attempted=" + (COUNTED - deleted) + " ");
        assertThat(new ResultsReader(results).count("deleted")).isEqualTo(deleted);

        CommandRun tooEarly = run();
        assertThat(tooEarly.execute(delete("--resume"))).isEqualTo(ExitCode.USAGE);
        assertThat(tooEarly.err()).contains("these are not the ids that the earlier run was given");

        write(counted);
        CommandRun resumed = run();
        assertThat(resumed.execute(delete("--resume"))).as(resumed::err).isEqualTo(ExitCode.OK);
        assertThat(resumed.out()).startsWith("deleted=" + COUNTED + " not_found=0 failed=0 not_attempted=0 ");
        assertThat(others).allMatch(sandbox::contains);
        assertThat(sandbox.contactCount()).isEqualTo(COUNTED);
    }

    @Test
    void whatIsUnchangedInFrontOfTheChangeIsNamedInTheResults() throws IOException {
        List<String> longer = new ArrayList<>(counted);
        longer.add(others.get(0));
        onTheHundredth.set(() -> write(longer));
        CommandRun run = run();

        assertThat(run.execute(delete())).isEqualTo(ExitCode.ERROR);

        assertThat(run.err()).contains("changed after they had been counted: there are more; nothing of what changed");
        assertThat(sandbox.contains(others.get(0))).isTrue();
        List<String> named = new ResultsReader(results)
                .byIndex().stream().map(row -> row.getField("contact_id")).toList();
        // All but the block that the new line would belong to.
        assertThat(named).hasSizeGreaterThan(COUNTED - 256).isEqualTo(counted.subList(0, named.size()));
    }

    private void write(List<String> list) {
        try {
            Files.write(ids, list);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CommandRun run() {
        return CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));
    }

    private String[] delete(String... more) {
        return DeleteArguments.sure(sandbox, ids, results, more);
    }
}
