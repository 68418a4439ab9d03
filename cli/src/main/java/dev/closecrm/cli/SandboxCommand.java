package dev.closecrm.cli;

import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.UsageException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code closecrm sandbox}: a stand-in for the service, for trying out what deletes contacts without deleting any. */
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Serves a stand-in for the contact part of the Close API until it is interrupted.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:served until interrupted (130 or 143 if the shell's signal ended it)",
            "1:it cannot be started, for instance because the port is taken",
            "2:the command cannot be carried out as given"
        })
final class SandboxCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--port",
            paramLabel = "P",
            defaultValue = "0",
            description = "The port on the loopback address; 0 is a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--contacts",
            paramLabel = "N",
            defaultValue = "1000",
            description = "How many contacts there are (default: ${DEFAULT-VALUE}).")
    private int contacts = 1000;

    @Option(
            names = "--limit",
            paramLabel = "L",
            description = "Answers 429 to more than L requests of a key in a window (default: no limit).")
    private @Nullable Integer limit;

    @Option(
            names = "--window",
            paramLabel = "S",
            description = "The length of the window in seconds (default: 1). Goes with --limit.")
    private @Nullable Integer windowSeconds;

    @Option(
            names = "--org-limit",
            paramLabel = "L",
            description = "The same for all keys together (default: three times --limit). Goes with --limit.")
    private @Nullable Integer orgLimit;

    @Option(
            names = "--limiter",
            paramLabel = "KIND",
            completionCandidates = Limiters.class,
            description =
                    "How requests are counted: fixed, sliding, bucket or burst (default: fixed). Goes with --limit.")
    private @Nullable String limiter;

    @Option(
            names = "--header",
            paramLabel = "FORM",
            completionCandidates = Headers.class,
            description = "How answers tell of the limit: draft07, draft08, separate, x or none (default: draft07). "
                    + "Goes with --limit.")
    private @Nullable String header;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many API keys there are, of one organisation (default: ${DEFAULT-VALUE}).")
    private int keys = 1;

    @Option(
            names = "--latency",
            paramLabel = "MS",
            defaultValue = "0",
            description = "Holds every answer back for so many milliseconds (default: ${DEFAULT-VALUE}).")
    private int latencyMillis;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "Writes a CSV line for each request: time, key, granted or refused. Replaces it.")
    private @Nullable Path log;

    @Option(
            names = "--ids-out",
            paramLabel = "FILE",
            description = "Writes the ids to a file, one a line. Replaces it.")
    private @Nullable Path idsOut;

    /** For a shell that completes them. */
    static final class Limiters implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return EmbeddedSandbox.limiters().iterator();
        }
    }

    /** For a shell that completes them. */
    static final class Headers implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return EmbeddedSandbox.headers().iterator();
        }
    }

    @Override
    public Integer call() {
        requireFittingOptions();
        try (VerdictLog verdicts = log == null ? null : VerdictLog.replace(log);
                EmbeddedSandbox sandbox = start(verdicts)) {
            Thread hook = new Thread(() -> end(sandbox, verdicts), "closecrm-interrupted");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                serve(sandbox);
            } finally {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
        return ExitCode.OK;
    }

    private static void end(EmbeddedSandbox sandbox, @Nullable VerdictLog verdicts) {
        try {
            sandbox.close();
        } finally {
            if (verdicts != null) {
                verdicts.close();
            }
        }
    }

    private void serve(EmbeddedSandbox sandbox) {
        if (idsOut != null) {
            writeIds(sandbox, idsOut);
        }
        announce(sandbox);
        awaitInterrupt();
    }

    private void requireFittingOptions() {
        require(port >= 0 && port <= 65_535, "--port takes a number from 0 to 65535");
        require(contacts >= 0, "--contacts takes a number from 0 on");
        require(limit == null || limit >= 1, "--limit takes a number from 1 on");
        require(windowSeconds == null || windowSeconds >= 1, "--window takes a number of seconds from 1 on");
        require(orgLimit == null || orgLimit >= 1, "--org-limit takes a number from 1 on");
        require(
                limiter == null || EmbeddedSandbox.limiters().contains(limiter),
                "--limiter takes fixed, sliding, bucket or burst");
        require(
                header == null || EmbeddedSandbox.headers().contains(header),
                "--header takes draft07, draft08, separate, x or none");
        requireLimitWith("--window", windowSeconds);
        requireLimitWith("--org-limit", orgLimit);
        requireLimitWith("--limiter", limiter);
        requireLimitWith("--header", header);
        require(keys >= 1 && keys <= 1000, "--keys takes a number from 1 to 1000");
        require(latencyMillis >= 0, "--latency takes a number of milliseconds from 0 on");
    }

    private void requireLimitWith(String name, @Nullable Object value) {
        require(value == null || limit != null, name + " goes with --limit");
    }

    private void require(boolean fits, String message) {
        if (!fits) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private EmbeddedSandbox start(@Nullable VerdictLog verdicts) {
        Duration latency = Duration.ofMillis(latencyMillis);
        try {
            return EmbeddedSandbox.start(
                    new EmbeddedSandbox.Plan(port, contacts, keys, latency, rateLimit(), verdicts));
        } catch (RuntimeException e) {
            throw new IllegalStateException("the sandbox cannot be started: " + e.getMessage(), e);
        }
    }

    private EmbeddedSandbox.@Nullable Limit rateLimit() {
        return limit == null
                ? null
                : new EmbeddedSandbox.Limit(
                        limit,
                        orgLimit,
                        Duration.ofSeconds(windowSeconds == null ? 1 : windowSeconds),
                        limiter == null ? "fixed" : limiter,
                        header == null ? "draft07" : header);
    }

    private static void writeIds(EmbeddedSandbox sandbox, Path file) {
        try {
            Files.write(file, sandbox.contactIds());
        } catch (IOException e) {
            throw new UsageException("cannot write the ids: " + FileTrouble.of(file, e));
        }
    }

    private void announce(EmbeddedSandbox sandbox) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("serving " + sandbox.contactIds().size() + " contacts at " + sandbox.baseUrl());
        out.println((keys == 1 ? "API key: " : "API keys: ") + String.join(",", sandbox.apiKeys()));
        out.println(idsOut == null ? "ids: restart with --ids-out FILE to have them in a file" : "ids: " + idsOut);
        out.println("press Ctrl-C to stop");
        out.flush();
    }

    private static void awaitInterrupt() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // The way to end it from inside the process; from outside, a signal does.
        }
    }
}
