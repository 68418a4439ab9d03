package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.cli.results.ResultsReader;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What single options of {@code closecrm delete} do. */
class OptionsIT {

    private CloseCrmSandbox sandbox;

    @TempDir
    private Path directory;

    @BeforeEach
    void startSandbox() {
        sandbox = CloseCrmSandbox.start(100);
    }

    @AfterEach
    void closeSandbox() {
        sandbox.close();
    }

    @Test
    void jsonIsAnObjectForEachInputAndASummary() {
        String id = sandbox.contactIds().get(0);
        CommandRun run = here();

        assertThat(run.execute(delete("--json", id, "cont_missing", "lead_\"x", "", id)))
                .isEqualTo(ExitCode.SOME_FAILED);

        List<JsonNode> objects = json(run);
        assertThat(objects).hasSize(6);
        JsonNode deleted = withIndex(objects, 0);
        assertThat(deleted.get("contact_id").asString()).isEqualTo(id);
        assertThat(deleted.get("outcome").asString()).isEqualTo("deleted");
        assertThat(deleted.get("confirmation").asString()).isEqualTo("confirmed");
        assertThat(deleted.get("status").asInt()).isEqualTo(200);
        assertThat(deleted.has("error")).isFalse();
        assertThat(withIndex(objects, 1).get("outcome").asString()).isEqualTo("not_found");
        assertThat(withIndex(objects, 2).get("contact_id").asString()).isEqualTo("lead_\"x");
        assertThat(withIndex(objects, 2).get("delivery").asString()).isEqualTo("not_sent");
        assertThat(withIndex(objects, 3).get("contact_id").asString()).isEmpty();
        assertThat(withIndex(objects, 4).get("outcome").asString()).isEqualTo("duplicate");
        JsonNode summary = objects.get(5).get("summary");
        assertThat(summary.get("deleted").asInt()).isEqualTo(1);
        assertThat(summary.get("failed").asInt()).isEqualTo(2);
        assertThat(summary.get("done_earlier").asInt()).isZero();
        assertThat(summary.has("stopped")).isFalse();
    }

    @Test
    void jsonSaysWhyARunWasStopped() {
        CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", "api_other.secret"));

        assertThat(run.execute(delete("--json", "cont_a"))).isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(json(run))
                .last()
                .satisfies(last -> assertThat(last.get("summary").get("stopped").asString())
                        .isEqualTo("the service refused the credentials (401); check the API key or token"));
    }

    @Test
    void aDryRunShowsBadLinesAndRepetitionsAndSendsNothing() {
        CommandRun run = CommandRun.bare().stdin("cont_a\nlead_b\n\ncont_c\ncont_a\n cont_c\n");

        assertThat(run.execute(delete("--dry-run", "--ids", "-", "cont_c"))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.outLines())
                .containsExactly(
                        "line 2: not a contact id: \"lead_b\"",
                        "line 6: not a contact id: \" cont_c\"",
                        "line 4: repeats argument 1: cont_c",
                        "line 5: repeats line 1: cont_a",
                        "inputs=6 contacts=2 invalid=2 duplicates=2",
                        "nothing was sent");
        assertThat(run.err()).isEmpty();
        assertThat(sandbox.ledger().requests()).isZero();
    }

    @Test
    void aDryRunShowsTwentyOfAKindAndAllOfThemAsJson() {
        String lines = "x\n".repeat(25) + "cont_a\n".repeat(30);
        CommandRun run = CommandRun.bare().stdin(lines);

        assertThat(run.execute(delete("--dry-run", "--ids", "-"))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.outLines())
                .hasSize(44)
                .contains("and 5 more that are not contact ids (--json lists all)")
                .contains("and 9 more that repeat an earlier one (--json lists all)");

        assertThat(run.execute(delete("--dry-run", "--json", "--ids", "-"))).isEqualTo(ExitCode.SOME_FAILED);
        List<JsonNode> objects = json(run);
        assertThat(objects).hasSize(55);
        assertThat(objects.get(54).get("dry_run").get("duplicates").asInt()).isEqualTo(29);
    }

    @Test
    void aDryRunGivesLinesAsNumbersAndNamesInOneOrder() {
        CommandRun run = CommandRun.bare().stdin("cont_a\nlead_b\ncont_c\ncont_a\n");

        assertThat(run.execute(delete("--dry-run", "--json", "--ids", "-", "x", "cont_c")))
                .isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.outLines())
                .containsExactly(
                        "{\"argument\":1,\"problem\":\"invalid\",\"contact_id\":\"x\"}",
                        "{\"line\":2,\"problem\":\"invalid\",\"contact_id\":\"lead_b\"}",
                        "{\"line\":3,\"problem\":\"duplicate\",\"contact_id\":\"cont_c\",\"first_argument\":2}",
                        "{\"line\":4,\"problem\":\"duplicate\",\"contact_id\":\"cont_a\",\"first_line\":1}",
                        "{\"dry_run\":{\"inputs\":6,\"contacts\":2,\"invalid\":2,\"duplicates\":2}}");
    }

    @Test
    void aDryRunOfGoodIdsEndsWell() {
        assertThat(CommandRun.bare().execute(delete("--dry-run", "cont_a"))).isEqualTo(ExitCode.OK);
    }

    @Test
    void orderedResultsAreInTheOrderOfTheIds() throws IOException {
        for (int i = 0; i < 100; i += 10) {
            sandbox.faults().forContact(sandbox.contactIds().get(i), Fault.status(503));
        }
        Path results = directory.resolve("results.csv");
        CommandRun run = here();

        assertThat(run.execute(delete("--ordered", "--results", results.toString(), "--ids", ids().toString())))
                .as(run::err)
                .isEqualTo(ExitCode.OK);
        assertThat(Files.readAllLines(results).stream().skip(1).map(line -> line.split(",", 2)[0]))
                .containsExactlyElementsOf(
                        IntStream.range(0, 100).mapToObj(Integer::toString).toList());
    }

    @Test
    void endsWhenAsManyHaveFailedAsMay() throws IOException {
        for (int i = 10; i < 100; i += 4) {
            sandbox.faults().forContact(sandbox.contactIds().get(i), Fault.status(400));
        }
        Path results = directory.resolve("results.csv");
        CommandRun run = here();

        assertThat(run.execute(delete(
                        "--max-failures",
                        "3",
                        "--concurrency",
                        "1",
                        "--results",
                        results.toString(),
                        "--ids",
                        ids().toString())))
                .isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(run.outLines()).last().isEqualTo("stopped: as many contacts failed as --max-failures allows (400)");
        ResultsReader written = new ResultsReader(results);
        assertThat(written.count("failed")).isEqualTo(3);
        assertThat(written.byIndex()).hasSize(100);

        // With the fault gone, the rest and the three are all that is left to do.
        sandbox.faults().clear();
        assertThat(run.execute(delete("--resume", "--results", results.toString(), "--ids", ids().toString())))
                .isEqualTo(ExitCode.OK);
        assertThat(new ResultsReader(results).count("deleted")).isEqualTo(100);
    }

    @Test
    void resumesWithJsonForWhatIsDoneNow() throws IOException {
        Path results = directory.resolve("results.csv");
        sandbox.faults().forContact(sandbox.contactIds().get(7), Fault.status(400));
        CommandRun run = here();
        assertThat(run.execute(delete("--results", results.toString(), "--ids", ids().toString())))
                .isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.err()).contains("to try again what failed: closecrm delete --yes --base-url ");

        assertThat(run.execute(
                        delete("--resume", "--json", "--results", results.toString(), "--ids", ids().toString())))
                .isEqualTo(ExitCode.OK);
        List<JsonNode> objects = json(run);
        assertThat(objects).hasSize(2);
        assertThat(objects.get(0).get("index").asInt()).isEqualTo(7);
        assertThat(objects.get(1).get("summary").get("deleted").asInt()).isEqualTo(100);
        assertThat(objects.get(1).get("summary").get("done_earlier").asInt()).isEqualTo(99);
    }

    @Test
    void aLineThatIsNoContactIdIsNoReasonToTryAgain() throws IOException {
        Path results = directory.resolve("results.csv");
        CommandRun run = here();
        for (String more : List.of("--no-progress", "--resume")) {
            assertThat(run.execute(delete("--results", results.toString(), "--ids", ids().toString(), "lead_x", more)))
                    .isEqualTo(ExitCode.SOME_FAILED);
            assertThat(run.out()).startsWith("deleted=100 not_found=0 failed=1 ");
            assertThat(run.err())
                    .endsWith("nothing to try again: what failed are no contact ids" + System.lineSeparator());
        }
    }

    @Test
    void aResumedRunTellsWhatWasDoneBeforeFromWhatItSettlesItself() {
        Path results = directory.resolve("results.csv");
        List<String> ids = sandbox.contactIds();
        sandbox.faults().forContact(ids.get(1), Fault.status(400));
        String[] stopping = {"--max-failures", "1", "--concurrency", "1", "--results", results.toString()};
        String[] list = {ids.get(0), ids.get(1), ids.get(2), ids.get(0)};
        CommandRun run = here();
        assertThat(run.execute(delete(both(stopping, list)))).isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(run.out()).startsWith("deleted=1 not_found=0 failed=1 not_attempted=2 ");
        sandbox.faults().clear();

        assertThat(run.execute(delete(both(new String[] {"--resume", "--results", results.toString()}, list))))
                .isEqualTo(ExitCode.OK);
        assertThat(run.outLines().get(0)).startsWith("deleted=3 not_found=0 failed=0 not_attempted=0 duplicate=1 ");
        assertThat(run.outLines().get(1)).isEqualTo("of these, 1 was done by an earlier run");
    }

    @Test
    void aResumedRunSaysThatNoContactIsLeft() {
        Path results = directory.resolve("results.csv");
        String[] list = {"--results", results.toString(), sandbox.contactIds().get(0), "not an id"};
        CommandRun run = here();
        assertThat(run.execute(delete(list))).isEqualTo(ExitCode.SOME_FAILED);

        assertThat(run.execute(delete(both(new String[] {"--resume"}, list)))).isEqualTo(ExitCode.SOME_FAILED);
        assertThat(run.err().lines())
                .contains("there is no contact left to delete")
                .noneMatch(line -> line.startsWith("deleting "));
    }

    @Test
    void aResumedRunAsksForWhatIsLeft() throws IOException {
        Path results = directory.resolve("results.csv");
        sandbox.faults().forContact(sandbox.contactIds().get(7), Fault.status(400));
        assertThat(here().execute(delete("--results", results.toString(), "--ids", ids().toString(), "not an id")))
                .isEqualTo(ExitCode.SOME_FAILED);
        String before = Files.readString(results);
        CommandRun run = here().answering(false);

        String[] resume = delete("--resume", "--results", results.toString(), "--ids", ids().toString(), "not an id");
        assertThat(run.execute(IntStream.range(0, resume.length)
                        .filter(i -> !resume[i].equals("--yes"))
                        .mapToObj(i -> resume[i])
                        .toArray(String[]::new)))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.questions())
                .containsExactly("Delete the remaining 1 of 100 contacts at " + sandbox.baseUrl()
                        + "? This cannot be undone. [y/N]");
        assertThat(results).hasContent(before);
    }

    @Test
    void goesOnThoughNoneOfTheFirstContactsIsFoundIfThatIsToBeExpected() throws IOException {
        List<String> list = new ArrayList<>(
                IntStream.range(0, 100).mapToObj(i -> "cont_gone" + i).toList());
        list.addAll(sandbox.contactIds());
        Path ids = Files.write(directory.resolve("ids.txt"), list);
        CommandRun run = here();

        assertThat(run.execute(delete("--ids", ids.toString()))).isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(run.outLines())
                .last()
                .isEqualTo("stopped: none of the first contacts was found; check that the key is of the organisation"
                        + " that has them; add --expect-not-found if they may be gone already");

        assertThat(run.execute(delete("--expect-not-found", "--ids", ids.toString())))
                .isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("deleted=100 not_found=100 ");
    }

    @Test
    void saysWhyNothingAnswers() throws IOException {
        Path ids = ids();
        String[] arguments = delete("--ids", ids.toString(), "--outage-timeout", "2");
        sandbox.close();
        CommandRun run = here();

        assertThat(run.execute(arguments)).isEqualTo(ExitCode.STOPPED_EARLY);
        assertThat(run.outLines())
                .last()
                .asString()
                .matches(
                        "stopped: the service was down for too long \\(CONNECT failed: .+\\); check --base-url, or try again later");
    }

    @Test
    void sharesConnectionsOverHttp2() throws IOException {
        try (CloseCrmSandbox slow = CloseCrmSandbox.builder()
                .contacts(100)
                .latency(Duration.ofMillis(20))
                .http2()
                .start()) {
            Path ids = Files.write(directory.resolve("ids.txt"), slow.contactIds());
            CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", slow.apiKey()));

            assertThat(run.execute(
                            "delete",
                            "--yes",
                            "--http2",
                            "--base-url",
                            slow.baseUrl().toString(),
                            "--ids",
                            ids.toString()))
                    .isEqualTo(ExitCode.OK);
            assertThat(run.out()).startsWith("deleted=100 ");
            assertThat(slow.ledger().peakInFlight())
                    .isGreaterThan((int) slow.ledger().connectionsOpened());
        }
    }

    @Test
    void bashCompletesItsOptions() throws Exception {
        assertThat(completions("delete --re")).contains("--results", "--resume", "--remember-ids");
    }

    @Test
    void bashCompletesTheFileOfIds() throws Exception {
        Files.writeString(directory.resolve("leavers.csv"), "");

        assertThat(completions("delete --ids lea")).containsExactly("leavers.csv");
    }

    @Test
    void bashCompletesTheKindsOfALimit() throws Exception {
        assertThat(completions("sandbox --limiter ''"))
                .containsExactlyInAnyOrder("fixed", "sliding", "bucket", "burst");
        assertThat(completions("sandbox --header draft")).containsExactlyInAnyOrder("draft07", "draft08");
    }

    /** What bash offers for the last of some words. */
    private String[] completions(String words) throws Exception {
        CommandRun run = CommandRun.bare();
        assertThat(run.execute("completion")).isEqualTo(ExitCode.OK);
        Path script = Files.writeString(directory.resolve("completion.sh"), run.out());

        Process bash = new ProcessBuilder(
                        "bash",
                        "-c",
                        "source " + script + "; COMP_WORDS=(closecrm " + words
                                + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
                                + " compopt() { :; }; _complete_closecrm; echo \"${COMPREPLY[@]}\"")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String offered = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).isZero();
        return offered.trim().split("\\s+");
    }

    private Path ids() throws IOException {
        return Files.write(directory.resolve("ids.txt"), sandbox.contactIds());
    }

    private CommandRun here() {
        return CommandRun.with(Map.of("CLOSE_API_KEY", sandbox.apiKey()));
    }

    private String[] delete(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("delete", "--yes", "--base-url", sandbox.baseUrl().toString()));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    private static String[] both(String[] some, String... more) {
        return Stream.of(some, more).flatMap(Stream::of).toArray(String[]::new);
    }

    private static List<JsonNode> json(CommandRun run) {
        JsonMapper mapper = new JsonMapper();
        return run.outLines().stream().map(mapper::readTree).toList();
    }

    private static JsonNode withIndex(List<JsonNode> objects, int index) {
        return objects.stream()
                .filter(object -> object.has("index") && object.get("index").asInt() == index)
                .findFirst()
                .orElseThrow();
    }
}
