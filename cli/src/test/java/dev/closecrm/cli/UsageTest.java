package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused before anything is sent: always with exit code 2 and one line. */
class UsageTest {

    private static final Map<String, String> KEY = Map.of("CLOSE_API_KEY", "api_secret.key");

    @TempDir
    private Path directory;

    static List<Arguments> refused() {
        return List.of(
                Arguments.of("", "say what to do"),
                Arguments.of("destroy", "destroy"),
                Arguments.of("delete", "say what to delete"),
                Arguments.of("delete --yes --quiet", "say what to delete"),
                Arguments.of("delete --sandbox --base-url http://127.0.0.1:1", "exclude each other"),
                Arguments.of("delete --sandbox --api-key-file key", "a key of its own"),
                Arguments.of("delete --sandbox 99999999999", "--sandbox takes a number from 0"),
                Arguments.of("delete --sandbox=abc", "--sandbox takes a number from 0"),
                Arguments.of("delete --sandbox=-5", "--sandbox takes a number from 0"),
                Arguments.of("delete --sandbox -5", "--sandbox takes a number from 0"),
                Arguments.of("delete --overwrite cont_a", "goes with --results"),
                Arguments.of("delete --concurrency 0 cont_a", "--concurrency takes"),
                Arguments.of("delete --concurrency 10001 cont_a", "--concurrency takes a number from 1 to 10000"),
                Arguments.of("delete --concurrency 600000000 cont_a", "--concurrency takes"),
                Arguments.of("delete --outage-timeout 0 cont_a", "--outage-timeout takes a number of seconds from 1"),
                Arguments.of("delete --outage-timeout 99999999 cont_a", "--outage-timeout takes"),
                Arguments.of("delete --rate 1e-9 cont_a", "--rate takes a number of deletes per second from"),
                Arguments.of("delete --rate 1e9 cont_a", "--rate takes"),
                Arguments.of("delete --rate NaN cont_a", "--rate takes"),
                Arguments.of("delete --share 1e-9 cont_a", "--share takes a part from 0.001 to 1"),
                Arguments.of("delete --share 1.5 cont_a", "--share takes"),
                Arguments.of("delete --resume cont_a", "--resume goes with --results"),
                Arguments.of("delete --resume --overwrite --results r cont_a", "exclude each other"),
                Arguments.of("delete --resume --dry-run --results r cont_a", "leave --resume out"),
                Arguments.of("delete --resume --results missing.csv cont_a", "missing.csv does not exist"),
                Arguments.of("delete --max-failures 0 cont_a", "--max-failures"),
                Arguments.of("delete --remember-ids -1 cont_a", "--remember-ids"),
                Arguments.of("delete --results missing/r.csv --yes cont_a", "no such file"),
                Arguments.of("delete --results= cont_a", "--results: the name of the file is empty"),
                Arguments.of("delete --results - cont_a", "--results takes a file; --json prints results"),
                Arguments.of("delete --concurrency many cont_a", "--concurrency"),
                Arguments.of(
                        "delete --yes --base-url http://example.com cont_a", "must be https, or http to this machine"),
                Arguments.of(
                        "delete --yes --base-url https://user:hidden@example.com cont_a", "carries a user name or key"),
                Arguments.of("delete --yes --base-url https://user:hidden@%% cont_a", "not a URL"),
                Arguments.of("delete --yes --base-url http://127.0.0.1:99999 cont_a", "must be from 1 to 65535"),
                Arguments.of("delete --yes --base-url http://127.0.0.1:8080/foo cont_a", "must be empty or /api/v1"),
                Arguments.of("delete --yes --base-url http://127.0.0.1:8080/?x=hidden cont_a", "must have no query"),
                Arguments.of("delete --yes --base-url http://:8080 cont_a", "must be like https://api.close.com"),
                Arguments.of("delete --yes --api-key=hidden cont_a", "--api-key"),
                Arguments.of("delete --yes --api-key hidden", "--api-key"),
                Arguments.of("delete --yes --ids missing.txt", "missing.txt: no such file"),
                Arguments.of("delete --yes --api-key-file missing.key cont_a", "missing.key: no such file"),
                Arguments.of("delete cont_a", "add --yes"),
                Arguments.of("sandbox --port 70000", "--port"),
                Arguments.of("sandbox --contacts -1", "--contacts"),
                Arguments.of("sandbox --limit 0", "--limit"),
                Arguments.of("sandbox --window 5", "goes with --limit"),
                Arguments.of("sandbox --org-limit 5", "--org-limit goes with --limit"),
                Arguments.of("sandbox --limiter fixed", "--limiter goes with --limit"),
                Arguments.of("sandbox --header x", "--header goes with --limit"),
                Arguments.of("sandbox --limit 5 --org-limit 0", "--org-limit"),
                Arguments.of("sandbox --limit 5 --limiter leaky", "--limiter takes fixed"),
                Arguments.of("sandbox --limit 5 --header y", "--header takes draft07"),
                Arguments.of("sandbox --keys 0", "--keys"),
                Arguments.of("sandbox --latency -1", "--latency"),
                Arguments.of("sandbox --log missing/log.csv", "cannot write the log: "),
                Arguments.of("sandbox --limit 5 --window 0", "--window"));
    }

    @ParameterizedTest(name = "closecrm {0}")
    @MethodSource("refused")
    void isRefusedInOneLine(String arguments, String because) {
        CommandRun run = CommandRun.with(KEY);

        assertThat(run.execute(arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err().lines()).singleElement().asString().startsWith("error: ");
        assertThat(run.err()).contains(because).doesNotContain("hidden", "api_secret.key");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aNumberOutOfBoundsLeavesNoFilesBehind() throws IOException {
        String results = directory.resolve("results.csv").toString();

        for (String option : List.of("--concurrency=2147483647", "--outage-timeout=99999999")) {
            assertThat(CommandRun.with(KEY)
                            .execute("delete", "--sandbox=0", "--yes", option, "--results", results, "x"))
                    .isEqualTo(ExitCode.USAGE);
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void needsCredentials() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--yes", "cont_a")).isEqualTo(ExitCode.USAGE);
        assertThat(run.err().lines()).singleElement().asString().startsWith("error: no credentials: ");
    }

    @Test
    void doesNotRepeatABadKey() {
        CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", "hidden key"));

        assertThat(run.execute("delete", "--yes", "cont_a")).isEqualTo(ExitCode.USAGE);
        assertThat(run.err().lines()).singleElement().asString().doesNotContain("hidden");
    }

    @Test
    void leavesAnExistingResultsFileAlone() throws IOException {
        Path file = Files.writeString(directory.resolve("results.csv"), "mine");
        CommandRun run = CommandRun.with(KEY);

        assertThat(run.execute("delete", "--yes", "--results", file.toString(), "cont_a"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .contains("exists; add --resume to go on where its run was ended, or --overwrite to replace it");
        assertThat(file).hasContent("mine");
    }

    @Test
    void doesNotReplaceTheKeyWithTheResults() throws IOException {
        Path file = Files.writeString(directory.resolve("key"), "api_secret.key\n");
        CommandRun run = CommandRun.with(Map.of());

        assertThat(run.execute(
                        "delete",
                        "--yes",
                        "--api-key-file",
                        file.toString(),
                        "--results",
                        file.toString(),
                        "--overwrite",
                        "cont_a"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("the same file");
        assertThat(file).hasContent("api_secret.key");
    }

    @Test
    void doesNotReplaceTheIdsWithTheResults() throws IOException {
        Path file = Files.writeString(directory.resolve("ids.txt"), "cont_a\n");
        CommandRun run = CommandRun.with(KEY);

        assertThat(run.execute(
                        "delete", "--yes", "--ids", file.toString(), "--results", file.toString(), "--overwrite"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("the same file");
        assertThat(file).hasContent("cont_a");
    }

    @Test
    void cannotAskWhenStandardInputHoldsTheIds() {
        CommandRun run = CommandRun.with(KEY).answering(true).stdin("cont_a\n");

        assertThat(run.execute("delete", "--ids", "-")).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("standard input holds the ids", "add --yes");
        assertThat(run.questions()).isEmpty();
    }

    @Test
    void asksAndTakesNoForAnAnswer() {
        CommandRun run = CommandRun.with(KEY).answering(false);

        assertThat(run.execute("delete", "cont_a", "cont_b")).isEqualTo(ExitCode.USAGE);
        assertThat(run.questions())
                .containsExactly("Delete 2 contacts at https://api.close.com? This cannot be undone. [y/N]");
        assertThat(run.err()).isEqualToIgnoringNewLines("nothing was deleted");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void explainsItselfAndItsExitCodes() {
        CommandRun run = CommandRun.bare();

        assertThat(run.execute("delete", "--help")).isEqualTo(ExitCode.OK);
        assertThat(run.out())
                .contains("--ids", "--results", "CLOSE_API_KEY", "  0   ", "  1   ", "  2   ", "  3   ", "  4   ");
        assertThat(run.out().replaceAll("\\s+", " "))
                .contains(
                        "or the answer was no; nothing was sent", "or --dry-run found lines that are not contact ids");
        assertThat(run.execute("sandbox", "--help")).isEqualTo(ExitCode.OK);
        assertThat(run.out()).contains("the port is taken").doesNotContain("results file", "nothing was sent");
        assertThat(run.execute("--help")).isEqualTo(ExitCode.OK);
        assertThat(run.out()).contains("delete", "sandbox");
        assertThat(run.execute("--version")).isEqualTo(ExitCode.OK);
        assertThat(run.out()).startsWith("closecrm ");
    }
}
