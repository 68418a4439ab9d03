package dev.closecrm.cli;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code closecrm delete}: checks everything that can be checked before the first contact is gone, asks, and runs. */
@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Deletes contacts for good.",
            "",
            "The API key is read from the environment variable CLOSE_API_KEY or from --api-key-file, an access token from"
                    + " CLOSE_ACCESS_TOKEN. Several keys of one organisation, with commas between them, are used together. The"
                    + " last lines on standard output sum the run up."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCode.OK_TEXT,
            ExitCode.ERROR_TEXT,
            ExitCode.USAGE_TEXT,
            ExitCode.SOME_FAILED_TEXT,
            ExitCode.STOPPED_EARLY_TEXT
        })
final class DeleteCommand implements Callable<Integer> {

    private static final String CLOSE = "https://api.close.com";
    private static final String DEFAULT_CONTACTS = "1000";

    private final Surroundings surroundings;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Contact ids. They come before those of --ids.")
    private List<String> positional = new ArrayList<>();

    @Option(
            names = "--ids",
            paramLabel = "FILE",
            description = "Ids to delete: one a line, or a CSV file with a header line. - is standard input.")
    private @Nullable String idsFile;

    @Option(
            names = "--id-column",
            paramLabel = "NAME",
            defaultValue = "contact_id",
            description = "The column of the CSV file that holds the ids (default: ${DEFAULT-VALUE}).")
    private String idColumn = "contact_id";

    @Option(
            names = "--sandbox",
            paramLabel = "N",
            arity = "0..1",
            fallbackValue = DEFAULT_CONTACTS,
            parameterConsumer = OptionalNumber.class,
            description =
                    "Tries it out against a stand-in for the service inside this process, with N contacts of its own"
                            + " (default: ${FALLBACK-VALUE}). Without ids, all of them are deleted.")
    private @Nullable Integer sandboxContacts;

    @Option(names = "--base-url", paramLabel = "URL", description = "Where the API is (default: " + CLOSE + ").")
    private @Nullable String baseUrl;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "A file whose first line is the API key.")
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "32",
            description = "The most deletes in flight (default: ${DEFAULT-VALUE}).")
    private int concurrency = 32;

    @Option(
            names = "--share",
            paramLabel = "P",
            description =
                    "The part of the quota to use, such as 0.5, so that others have the rest (default: all of it).")
    private @Nullable Double share;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Sends N deletes per second, whatever the service says of its quota.")
    private @Nullable Double rate;

    @Option(
            names = "--unpaced",
            description = "Sends as fast as it can: a delete that is refused (429) waits, and the others go on.")
    private boolean unpaced;

    @Option(
            names = "--outage-timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long to wait for a service that is down before giving up (default: ${DEFAULT-VALUE}).")
    private int outageTimeoutSeconds = 300;

    @Option(names = "--results", paramLabel = "FILE", description = "Writes a CSV file with one line for each id.")
    private @Nullable Path results;

    @Option(names = "--overwrite", description = "Replaces an existing results file.")
    private boolean overwrite;

    @Option(names = "--yes", description = "Deletes without asking.")
    private boolean yes;

    @Option(names = "--quiet", description = "Prints the summary only, and what ends the run early.")
    private boolean quiet;

    DeleteCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        requireFittingOptions();
        ConnectionOptions connections = connections();
        quota();
        List<String> ids = readIds();
        if (results != null) {
            ResultsFile.check(results, overwrite);
        }
        if (sandboxContacts == null) {
            SecretSource.Secret secret = new SecretSource(surroundings.environment()).secret(apiKeyFile);
            return delete(ids, parseBaseUrl(baseUrl == null ? CLOSE : baseUrl), secret, connections);
        }
        try (EmbeddedSandbox sandbox = EmbeddedSandbox.start(sandboxContacts)) {
            return delete(
                    idsGiven() ? ids : sandbox.contactIds(),
                    sandbox.baseUrl(),
                    new SecretSource.Secret.One(Credentials.apiKey(sandbox.apiKey())),
                    connections);
        }
    }

    private int delete(List<String> ids, URI target, SecretSource.Secret secret, ConnectionOptions connections) {
        try (CloseCrmClient client = client(target, secret, connections)) {
            if (!ids.isEmpty() && !yes && !confirmed(ids, target)) {
                spec.commandLine().getErr().println("nothing was deleted");
                return ExitCode.USAGE;
            }
            return Interruption.endsInOrder(client, () -> writeAndRun(client, ids, target));
        }
    }

    private int writeAndRun(CloseCrmClient client, List<String> ids, URI target) {
        try (ResultsFile file = results == null ? null : ResultsFile.open(results, overwrite)) {
            return run(client, ids, target, file);
        }
    }

    private int run(CloseCrmClient client, List<String> ids, URI target, @Nullable ResultsFile file) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (!quiet) {
            err.println("deleting " + contacts(ids) + " at " + target);
            err.flush();
        }
        Summary summary = new Summary();
        FailureLog failures = new FailureLog(quiet ? null : err);
        BulkAbortedException stopped;
        long begun = System.nanoTime();
        try {
            BulkOptions<String> options = BulkOptions.<String>builder()
                    .outageTimeout(Duration.ofSeconds(outageTimeoutSeconds))
                    .outageListener(new OutageNotice(quiet ? null : err, outageTimeoutSeconds))
                    .build();
            stopped = new DeleteRun(client, ids, options, summary, failures, file).run();
        } finally {
            failures.end();
            out.println(summary.line(Duration.ofNanos(System.nanoTime() - begun)));
            out.flush();
        }
        if (stopped != null) {
            err.println("error: " + StopReason.line(stopped));
            err.flush();
            out.println(StopReason.line(stopped));
            out.flush();
            return ExitCode.STOPPED_EARLY;
        }
        return summary.count(DeleteOutcome.Kind.FAILED) > 0 ? ExitCode.SOME_FAILED : ExitCode.OK;
    }

    private void requireFittingOptions() {
        if (sandboxContacts != null && baseUrl != null) {
            throw refuse("--sandbox and --base-url exclude each other");
        }
        if (sandboxContacts != null && apiKeyFile != null) {
            throw refuse("--sandbox has a key of its own; leave --api-key-file out");
        }
        if (sandboxContacts != null && sandboxContacts < 0) {
            throw refuse("--sandbox takes a number of contacts from 0 on");
        }
        if (sandboxContacts == null && !idsGiven()) {
            throw refuse("say what to delete: ids, --ids FILE or --sandbox");
        }
        if (outageTimeoutSeconds < 1) {
            throw refuse("--outage-timeout takes a number of seconds from 1 on");
        }
        if (overwrite && results == null) {
            throw refuse("--overwrite goes with --results");
        }
    }

    private boolean idsGiven() {
        return idsFile != null || !positional.isEmpty();
    }

    private List<String> readIds() {
        List<String> ids = new ArrayList<>(positional);
        if (apiKeyFile != null) {
            requireOtherFile("--api-key-file", apiKeyFile);
        }
        if (idsFile != null) {
            if (!idsFile.equals(IdSource.STDIN)) {
                requireOtherFile("--ids", IdSource.path(idsFile));
            }
            ids.addAll(new IdSource(idColumn).read(idsFile, surroundings.in()));
        }
        return ids;
    }

    /** With --overwrite, what it holds would be gone. */
    private void requireOtherFile(String option, Path input) {
        if (results == null) {
            return;
        }
        boolean same;
        try {
            same = Files.exists(results) && Files.isSameFile(results, input);
        } catch (IOException e) {
            same = false; // one of them cannot be opened, which is said where it is
        }
        if (same) {
            throw refuse(option + " and --results name the same file");
        }
    }

    private ConnectionOptions connections() {
        try {
            return ConnectionOptions.builder().maxConnections(concurrency).build();
        } catch (IllegalArgumentException e) {
            throw refuse("--concurrency " + concurrency + ": must be at least 1");
        }
    }

    private QuotaOptions quota() {
        if ((share == null ? 0 : 1) + (rate == null ? 0 : 1) + (unpaced ? 1 : 0) > 1) {
            throw refuse("--share, --rate and --unpaced exclude each other");
        }
        try {
            return unpaced
                    ? QuotaOptions.none()
                    : share != null
                            ? QuotaOptions.share(share)
                            : rate != null ? QuotaOptions.fixed(rate) : QuotaOptions.defaults();
        } catch (IllegalArgumentException e) {
            throw refuse((share != null ? "--share: " : "--rate: ") + e.getMessage());
        }
    }

    private URI parseBaseUrl(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            // Not the text itself: it may hold a user name and a password.
            throw refuse("--base-url is not a URL like " + CLOSE);
        }
    }

    private CloseCrmClient client(URI target, SecretSource.Secret secret, ConnectionOptions connections) {
        try {
            return secret.into(CloseCrmClient.builder())
                    .quota(quota())
                    .baseUrl(target)
                    .connections(connections)
                    .userAgentSuffix("closecrm-cli")
                    .build();
        } catch (IllegalArgumentException e) {
            throw refuse(
                    "http".equalsIgnoreCase(target.getScheme()) && target.getRawUserInfo() == null
                            ? "--base-url must be https, or http to this machine, but is " + target
                            : target.getRawAuthority() != null
                                            && target.getRawAuthority().indexOf('@') >= 0
                                    ? "--base-url carries a user name or key; the key comes from the environment or --api-key-file"
                                    : "--base-url: " + e.getMessage());
        }
    }

    private boolean confirmed(List<String> ids, URI target) {
        boolean inputTaken = IdSource.STDIN.equals(idsFile);
        if (inputTaken || !surroundings.terminal().interactive()) {
            throw new UsageException("would delete " + contacts(ids) + " at " + target + ", but cannot ask first ("
                    + (inputTaken ? "standard input holds the ids" : "there is no terminal")
                    + "); add --yes to go ahead");
        }
        return surroundings
                .terminal()
                .confirms("Delete " + contacts(ids) + " at " + target + "? This cannot be undone. [y/N]");
    }

    private static String contacts(List<String> ids) {
        return ids.size() == 1 ? "1 contact" : ids.size() + " contacts";
    }

    private ParameterException refuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
