package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.progress.FailureLog;
import dev.closecrm.cli.results.ResultsFile;
import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.cli.results.RunFiles;
import dev.closecrm.cli.results.UnwritableException;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeleteCommandIT {

    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    @BeforeEach
    void startSandbox() {
        sandbox = CloseCrmSandbox.start(200);
    }

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @Test
    void deletesEverythingInASandboxOfItsOwn() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--sandbox", "50", "--yes")).isEqualTo(ExitCode.OK);
        assertThat(run.outLines())
                .singleElement()
                .asString()
                .startsWith("deleted=50 not_found=0 failed=0 not_attempted=0 duplicate=0 elapsed=");
        assertThat(run.err()).startsWith("deleting 50 contacts at http://127.0.0.1:");
    }

    @Test
    void itsSandboxSpeaksHttp2() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--sandbox", "50", "--yes", "--http2", "--outage-timeout", "3"))
                .as(run::err)
                .isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=50 ");
    }

    @Test
    void leavesAnIdBehindTheSandboxOptionAlone() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--yes", "--sandbox", "cont_x")).isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=0 not_found=1 ");
    }

    @Test
    void deletesNothingInTheSandboxIfTheListIsEmpty() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--sandbox", "5", "--ids", "-")).isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=0 not_found=0 failed=0 not_attempted=0 ");
        assertThat(run.err().lines()).containsExactly("the list is empty: there is nothing to delete");
    }

    @Test
    void asksAndTakesYesForAnAnswer() {
        CommandRun run = CommandRun.bare().answering(true);

        assertThat(run.execute("delete", "--sandbox=1")).isEqualTo(ExitCode.OK);
        assertThat(run.questions())
                .singleElement()
                .asString()
                .matches("Delete 1 contact at http://127\\.0\\.0\\.1:\\d+\\? This cannot be undone\\. \\[y/N]");
    }

    @Test
    void takesArgumentsFirstAndThenTheList() throws IOException {
        List<String> ids = sandbox.contactIds();
        Path results = directory.resolve("results.csv");

        assertThat(here().stdin(ids.get(1) + "\n" + ids.get(2) + "\n")
                        .execute(delete(results, "--ids", "-", ids.get(0))))
                .isEqualTo(ExitCode.OK);
        assertThat(new ResultsReader(results).byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(ids.subList(0, 3));
    }

    @Test
    void readsTheKeyFromAFile() throws IOException {
        Path key = Files.writeString(directory.resolve("key"), sandbox.apiKey() + "\n");
        CommandRun run = CommandRun.bare();

        assertThat(run.execute(
                        "delete",
                        "--yes",
                        "--base-url",
                        sandbox.baseUrl().toString(),
                        "--api-key-file",
                        key.toString(),
                        sandbox.contactIds().get(0)))
                .isEqualTo(ExitCode.OK);
    }

    @Test
    void refusesAKeyInAFileThatItWrites() throws IOException {
        Path key = Files.writeString(directory.resolve("results.csv.journal"), sandbox.apiKey());
        CommandRun run = CommandRun.bare();

        assertThat(run.execute(delete(
                        directory.resolve("results.csv"), "--overwrite", "--api-key-file", key.toString(), "cont_a")))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--api-key-file names " + key + ", which --results ");
        assertThat(key).hasContent(sandbox.apiKey());
    }

    @Test
    void printsNothingButTheSummaryWhenQuiet() {
        CommandRun run = here();

        assertThat(run.execute(delete(null, "--quiet", "not an id"))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.outLines()).singleElement().asString().startsWith("deleted=0 not_found=0 failed=1 ");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void showsTheFirstTenFailuresAndCountsTheRest() {
        CommandRun run = here().stdin("not an id\n".repeat(12));

        assertThat(run.execute(delete(null, "--ids", "-"))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.err().lines().filter(line -> line.startsWith("failed: line ")))
                .hasSize(10);
        assertThat(run.err()).endsWith("failed: 2 more" + System.lineSeparator());
    }

    @Test
    void saysInWhichLineStandsWhatFailed() {
        CommandRun run = here().stdin("contact_id,name\ncont_gone,Ann\n\nlead_b,Bob\n");

        assertThat(run.execute(delete(null, "--ids", "-", "lead_a"))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.err())
                .contains("failed: argument 1: not a contact id: \"lead_a\"", "failed: line 4: not a contact id");
    }

    @Test
    void isStoppedByARefusedKeyAndAccountsForEveryInput() throws IOException {
        List<String> ids = sandbox.contactIds();
        Path list = Files.write(directory.resolve("ids.txt"), ids);
        Path results = directory.resolve("results.csv");
        CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", "api_other.secret"));

        assertThat(run.execute(delete(results, "--concurrency", "4", "--ids", list.toString())))
                .isEqualTo(ExitCode.STOPPED_EARLY);

        assertThat(run.outLines()).hasSize(2).element(0).asString().startsWith("deleted=0 not_found=0 failed=");
        assertThat(run.outLines().get(1))
                .isEqualTo("stopped: the service refused the credentials (401); check the API key or token");
        assertThat(run.err().lines().skip(1))
                .containsExactly(
                        "error: stopped: the service refused the credentials (401); check the API key or token",
                        "to go on: closecrm delete --yes --base-url " + sandbox.baseUrl() + " --results " + results
                                + " --concurrency 4 --ids " + list + " --resume");
        assertThat(run.out() + run.err()).doesNotContain("api_other.secret", "Exception", "\tat ");
        ResultsReader written = new ResultsReader(results);
        assertThat(written.byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(ids);
        assertThat(written.count("failed")).isBetween(1L, 8L);
        assertThat(written.count("failed") + written.count("not_attempted")).isEqualTo(200);
        assertThat(sandbox.ledger().deleted()).isZero();
    }

    @Test
    void accountsForEveryInputWhenNothingAnswers() throws IOException {
        List<String> ids = sandbox.contactIds();
        Path results = directory.resolve("results.csv");
        List<String> more = new ArrayList<>(List.of("--outage-timeout", "2"));
        more.addAll(ids);
        String[] arguments = delete(results, more.toArray(String[]::new));
        sandbox.close();
        CommandRun run = here();

        assertThat(run.execute(arguments)).isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(run.err())
                .contains("the service does not answer (CONNECT failed: Connection refused: ")
                .contains("); waiting for it, for at most 2 s")
                .contains("); next try in 2 s")
                .contains("giving up", "the service was down for too long");
        ResultsReader written = new ResultsReader(results);
        assertThat(written.byIndex())
                .extracting(row -> row.getField("contact_id"))
                .containsExactlyElementsOf(ids);
        assertThat(written.byIndex())
                .allMatch(row -> row.getField("delivery").equals("not_sent")
                        || row.getField("outcome").equals("not_attempted"));
    }

    /** The first ones were all "not found" before the run was stopped, for a reason that the operator puts right. */
    @Test
    void aKeyOfAnotherOrganisationMakesNoContactOneThatIsGone() throws IOException {
        Path list = Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
        Path results = directory.resolve("results.csv");
        try (CloseCrmSandbox other = CloseCrmSandbox.start(0)) {
            List<String> arguments = new ArrayList<>(List.of(delete(results, "--ids", list.toString())));
            arguments.set(arguments.indexOf("--base-url") + 1, other.baseUrl().toString());
            CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", other.apiKey()));

            assertThat(run.execute(arguments.toArray(String[]::new))).isEqualTo(ExitCode.STOPPED_EARLY);
            assertThat(new ResultsReader(results).count("not_found")).isGreaterThanOrEqualTo(50);
        }
        CommandRun run = here();

        assertThat(run.execute(delete(results, "--ids", list.toString(), "--resume")))
                .as(run::err)
                .isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=200 not_found=0 failed=0 not_attempted=0 duplicate=0 ");
        assertThat(sandbox.contactCount()).isZero();
    }

    /** Too few to be stopped for it. */
    @Test
    void asksForAFewContactsAgainThatAKeyOfAnotherOrganisationDidNotFind() throws IOException {
        String[] ids = sandbox.contactIds().subList(0, 20).toArray(String[]::new);
        Path results = directory.resolve("results.csv");
        try (CloseCrmSandbox other = CloseCrmSandbox.start(0)) {
            String[] arguments = delete(results, ids);
            arguments[3] = other.baseUrl().toString();
            CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", other.apiKey()));
            assertThat(run.execute(arguments)).isEqualTo(ExitCode.OK);
            assertThat(run.out()).startsWith("deleted=0 not_found=20 ");
        }
        List<String> more = new ArrayList<>(List.of(ids));
        more.add("--resume");
        CommandRun run = here();

        assertThat(run.execute(delete(results, more.toArray(String[]::new)))).isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=20 not_found=0 ");
        assertThat(directory).isDirectoryNotContaining("glob:**.journal");
    }

    @Test
    void whatRepeatsAFailureIsTriedAgainWithIt() throws IOException {
        String id = sandbox.contactIds().get(0);
        Path results = directory.resolve("results.csv");
        sandbox.faults().forContact(id, Fault.status(400));
        assertThat(here().execute(delete(results, id, id))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(new ResultsReader(results).count("duplicate")).isEqualTo(1);

        sandbox.faults().clear();
        CommandRun run = here();
        assertThat(run.execute(delete(results, id, id, "--resume"))).isEqualTo(ExitCode.OK);

        assertThat(run.out()).startsWith("deleted=1 not_found=0 failed=0 not_attempted=0 duplicate=1 ");
        assertThat(sandbox.contains(id)).isFalse();
    }

    @Test
    void tellsWhetherTheContactMayBeGoneAllTheSame() throws IOException {
        String id = sandbox.contactIds().get(0);
        sandbox.faults().every(1, Fault.resetAfter());
        Path results = directory.resolve("results.csv");

        // Whether it is retried or not, the contact is gone: either that is inferred from a 404, or the failure admits
        // it.
        here().execute(delete(results, id));

        assertThat(sandbox.contains(id)).isFalse();
        assertThat(new ResultsReader(results).byIndex())
                .singleElement()
                .satisfies(row -> assertThat(row.getField("confirmation") + row.getField("delivery"))
                        .isIn("inferred", "unknown"));
    }

    @Test
    void sendsNothingIfTheResultsCannotBeWritten() {
        assumeThat(Path.of("/dev/full")).exists();
        CommandRun run = here();

        assertThat(run.execute(delete(
                        Path.of("/dev/full"),
                        "--overwrite",
                        sandbox.contactIds().get(0))))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err().lines().reduce((a, b) -> b))
                .contains("error: cannot write the results: /dev/full: No space left on device");
        assertThat(sandbox.ledger().requests()).isZero();
    }

    @Test
    void endsInOrderAndCountsOnWhenTheResultsCannotBeWrittenAnyMore() {
        List<String> ids = sandbox.contactIds();
        Summary summary = new Summary();
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey(sandbox.apiKey()))
                .baseUrl(sandbox.baseUrl())
                .connections(ConnectionOptions.builder().maxConnections(4).build())
                .build()) {
            Inputs inputs = Inputs.of(ids);
            RunFiles files = RunFiles.withoutJournal(ResultsFile.to(Path.of("results.csv"), new FullAfter(20)), inputs);
            assertThatThrownBy(() -> new DeleteRun(
                                    client,
                                    inputs,
                                    ids.size(),
                                    BulkOptions.<Input>builder().concurrency(4).build(),
                                    summary,
                                    new FailureLog(null),
                                    files,
                                    null)
                            .run())
                    .isInstanceOf(UnwritableException.class)
                    .hasMessage("cannot write the results any more: results.csv: disk full");
        }
        // Every input is counted, and what is counted as deleted is what is gone.
        long counted = Arrays.stream(DeleteOutcome.Kind.values())
                .mapToLong(summary::count)
                .sum();
        assertThat(counted).isEqualTo(ids.size());
        assertThat(summary.count(DeleteOutcome.Kind.DELETED))
                .isEqualTo(sandbox.ledger().deleted())
                .isGreaterThanOrEqualTo(20);
    }

    /** Takes so many lines and then no more. */
    private static final class FullAfter extends Writer {

        private int lines;

        FullAfter(int lines) {
            this.lines = lines;
        }

        @Override
        public void write(char[] text, int offset, int length) {
            // Counted when they are to reach the disk.
        }

        @Override
        public void flush() throws IOException {
            if (lines-- <= 0) {
                throw new IOException("disk full");
            }
        }

        @Override
        public void close() {
            // Nothing to close.
        }
    }

    private CommandRun here() {
        return CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));
    }

    private String[] delete(@Nullable Path results, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("delete", "--yes", "--base-url", sandbox.baseUrl().toString()));
        if (results != null) {
            arguments.addAll(List.of("--results", results.toString()));
        }
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }
}
