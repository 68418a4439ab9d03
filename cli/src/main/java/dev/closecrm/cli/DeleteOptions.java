package dev.closecrm.cli;

import dev.closecrm.cli.input.IdSource;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.QuotaOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What can be said behind {@code closecrm delete}. Each value is checked before anything else happens. */
final class DeleteOptions {

    static final String CLOSE = "https://api.close.com";
    private static final String DEFAULT_CONTACTS = "1000";
    // Each may be a connection, and a machine has some 28,000 to one address.
    private static final int MOST_CONCURRENT = 10_000;
    private static final int LONGEST_OUTAGE_SECONDS = 365 * 24 * 60 * 60;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Contact ids. They come before those of --ids.")
    private List<String> positional = new ArrayList<>();

    @Option(
            names = "--ids",
            paramLabel = "FILE",
            description = "Ids to delete: one a line, or a CSV file with a header line. - is standard input.")
    private @Nullable Path idsFile;

    @Option(
            names = "--id-column",
            paramLabel = "NAME",
            defaultValue = "contact_id",
            description = "The column of the CSV file that holds the ids (default: ${DEFAULT-VALUE}).")
    private String idColumn = "contact_id";

    @Option(
            names = "--dry-run",
            description = "Says what is in the list, with bad lines and repetitions, and sends nothing.")
    boolean dryRun;

    @Option(
            names = "--sandbox",
            paramLabel = "N",
            arity = "0..1",
            fallbackValue = DEFAULT_CONTACTS,
            parameterConsumer = OptionalNumber.class,
            description =
                    "Tries it out against a stand-in for the service inside this process, with N contacts of its own"
                            + " (default: ${FALLBACK-VALUE}). Without ids, all of them are deleted.")
    @Nullable Integer sandboxContacts;

    @Option(names = "--base-url", paramLabel = "URL", description = "Where the API is (default: " + CLOSE + ").")
    private @Nullable String baseUrl;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "A file whose first line is the API key.")
    @Nullable Path apiKeyFile;

    @Option(names = "--results", paramLabel = "FILE", description = "Writes a CSV file with one line for each id.")
    @Nullable Path results;

    @Option(names = "--overwrite", description = "Replaces an existing results file.")
    boolean overwrite;

    @Option(
            names = "--resume",
            description =
                    "Goes on where the run that wrote --results was ended: what is done stays done, what failed or"
                            + " was not attempted is tried again.")
    boolean resume;

    @Option(names = "--yes", description = "Deletes without asking.")
    boolean yes;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "32",
            description = "The most deletes in flight (default: ${DEFAULT-VALUE}).")
    int concurrency = 32;

    @Option(
            names = "--http2",
            description = "Speaks HTTP/2 where the service offers it, so that deletes share connections, and HTTP/1.1"
                    + " where it does not. Over plain http nothing is offered: it has to understand HTTP/2.")
    private boolean http2;

    @Option(
            names = "--share",
            paramLabel = "P",
            description =
                    "The part of the quota to use, such as 0.5, so that others have the rest (default: all of it).")
    @Nullable Double share;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Sends N deletes per second, whatever the service says of its quota.")
    @Nullable Double rate;

    @Option(
            names = "--unpaced",
            description = "Sends as fast as it can: a delete that is refused (429) waits, and the others go on.")
    private boolean unpaced;

    @Option(
            names = "--max-failures",
            paramLabel = "N",
            description = "Ends the run when so many contacts have failed (default: when more than half have).")
    @Nullable Long maxFailures;

    @Option(
            names = "--expect-not-found",
            description = "Goes on though none of the first contacts is found: they may be gone already.")
    boolean expectNotFound;

    @Option(
            names = "--outage-timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long to wait for a service that is down before giving up (default: ${DEFAULT-VALUE}).")
    int outageTimeoutSeconds = 300;

    @Option(names = "--ordered", description = "Gives results in the order of the ids, and not as the deletes end.")
    boolean ordered;

    @Option(
            names = "--remember-ids",
            paramLabel = "N",
            defaultValue = "65536",
            description = "How many ids that have ended are remembered, so that none is sent twice"
                    + " (default: ${DEFAULT-VALUE}; each takes some 280 bytes).")
    int rememberedIds = 65_536;

    @Option(
            names = "--json",
            description = "Prints an object for each id on standard output, a line each, and a summary as the last.")
    boolean json;

    @Option(names = "--quiet", description = "Prints the summary only, warnings, and what ends the run early.")
    boolean quiet;

    @Option(names = "--no-progress", description = "Does not say how far it is.")
    boolean noProgress;

    @Option(names = "--no-color", description = "Draws the progress bar without colours, as NO_COLOR does.")
    boolean noColor;

    /** Refuses what does not fit together. */
    void check() {
        require(sandboxContacts == null || baseUrl == null, "--sandbox and --base-url exclude each other");
        require(
                sandboxContacts == null || apiKeyFile == null,
                "--sandbox has a key of its own; leave --api-key-file out");
        require(sandboxContacts != null || idsGiven(), "say what to delete: ids, --ids FILE or --sandbox");
        require(
                concurrency >= 1 && concurrency <= MOST_CONCURRENT,
                "--concurrency takes a number from 1 to " + MOST_CONCURRENT);
        require(
                outageTimeoutSeconds >= 1 && outageTimeoutSeconds <= LONGEST_OUTAGE_SECONDS,
                "--outage-timeout takes a number of seconds from 1 to " + LONGEST_OUTAGE_SECONDS);
        require(share == null || (share >= 0.001 && share <= 1), "--share takes a part from 0.001 to 1");
        require(
                rate == null || (rate >= 0.001 && rate <= 100_000),
                "--rate takes a number of deletes per second from 0.001 to 100000");
        require(maxFailures == null || maxFailures >= 1, "--max-failures takes a number from 1 on");
        require(rememberedIds >= 0, "--remember-ids takes a number from 0 on");
        require(!overwrite || results != null, "--overwrite goes with --results");
        require(!resume || results != null, "--resume goes with --results, the file that the earlier run wrote");
        require(!resume || !overwrite, "--resume and --overwrite exclude each other");
        require(!resume || !dryRun, "--dry-run looks at the ids alone; leave --resume out");
        if (results != null) {
            require(!results.toString().isEmpty(), "--results: the name of the file is empty");
            require(
                    !results.toString().equals("-"),
                    "--results takes a file; --json prints results (./- is a file of that name)");
        }
        if (apiKeyFile != null) {
            requireOtherFile("--api-key-file", apiKeyFile);
        }
        if (idsFile != null && !idsFromStandardInput()) {
            requireOtherFile("--ids", IdSource.path(idsFile.toString()));
        }
        connections();
        quota();
    }

    boolean idsGiven() {
        return idsFile != null || !positional.isEmpty();
    }

    boolean idsFromStandardInput() {
        return idsFile != null && IdSource.STDIN.equals(idsFile.toString());
    }

    Inputs inputs(InputStream stdin) {
        return idsFile == null ? Inputs.of(positional) : Inputs.of(positional, idsFile.toString(), idColumn, stdin);
    }

    /** What it holds would be gone, or be mixed with results. */
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
        require(!same, option + " and --results name the same file");
    }

    ConnectionOptions connections() {
        return ConnectionOptions.builder()
                .maxConnections(concurrency)
                .protocol(http2 ? Protocol.HTTP_2 : Protocol.HTTP_1_1)
                .build();
    }

    QuotaOptions quota() {
        require(
                (share == null ? 0 : 1) + (rate == null ? 0 : 1) + (unpaced ? 1 : 0) <= 1,
                "--share, --rate and --unpaced exclude each other");
        return unpaced
                ? QuotaOptions.none()
                : share != null
                        ? QuotaOptions.share(share)
                        : rate != null ? QuotaOptions.fixed(rate) : QuotaOptions.defaults();
    }

    URI baseUrl() {
        try {
            return URI.create(baseUrl == null ? CLOSE : baseUrl);
        } catch (IllegalArgumentException e) {
            // Not the text itself: it may hold a user name and a password.
            throw refuse("--base-url is not a URL like " + CLOSE);
        }
    }

    /** The target is one that the client refuses. */
    ParameterException refused(URI target, IllegalArgumentException why) {
        String message = String.valueOf(why.getMessage());
        if (message.contains("allowPlaintext")) {
            // That way out is for programs; there is no option for it.
            return refuse("--base-url must be https, or http to this machine, but is " + target);
        }
        boolean withUser =
                target.getRawAuthority() != null && target.getRawAuthority().indexOf('@') >= 0;
        return refuse(
                withUser
                        ? "--base-url carries a user name or key; the key comes from the environment or --api-key-file"
                        : "--base-url: " + message);
    }

    private void require(boolean fits, String message) {
        if (!fits) {
            throw refuse(message);
        }
    }

    private ParameterException refuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
