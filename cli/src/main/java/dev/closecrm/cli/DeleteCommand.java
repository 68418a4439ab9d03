package dev.closecrm.cli;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.UsageException;
import dev.closecrm.cli.progress.Eta;
import dev.closecrm.cli.progress.FailureLog;
import dev.closecrm.cli.progress.OutageNotice;
import dev.closecrm.cli.progress.Palette;
import dev.closecrm.cli.progress.ProgressDisplay;
import dev.closecrm.cli.progress.Screen;
import dev.closecrm.cli.results.Earlier;
import dev.closecrm.cli.results.JsonLines;
import dev.closecrm.cli.results.RunFiles;
import dev.closecrm.cli.results.UnwritableException;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
            ExitCode.STOPPED_EARLY_TEXT,
            ExitCode.SIGNAL_TEXT
        })
final class DeleteCommand implements Callable<Integer> {

    private static final String INTERRUPTED =
            "interrupted: nothing more is sent; waiting for what is in flight, for at most "
                    + Interruption.LONGEST_WAIT.toSeconds() + " s (Ctrl-C again ends at once)";

    private final Surroundings surroundings;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private DeleteOptions options = new DeleteOptions();

    DeleteCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        options.check();
        if (options.results != null && options.apiKeyFile != null) {
            RunFiles.checkApart(options.results, "--api-key-file", options.apiKeyFile);
        }
        if (options.results != null && !options.resume && !options.dryRun) {
            RunFiles.checkNew(options.results, options.overwrite);
        }
        if (options.sandboxContacts == null) {
            try (Inputs inputs = options.inputs(surroundings.in())) {
                return delete(inputs, null);
            }
        }
        try (EmbeddedSandbox sandbox = EmbeddedSandbox.start(options.sandboxContacts);
                Inputs inputs =
                        options.idsGiven() ? options.inputs(surroundings.in()) : Inputs.of(sandbox.contactIds())) {
            return delete(inputs, sandbox);
        }
    }

    private int delete(Inputs inputs, @Nullable EmbeddedSandbox sandbox) {
        if (options.dryRun) {
            return new DryRun(inputs, spec.commandLine().getOut(), options.json).report();
        }
        Inputs.Survey survey = inputs.survey((place, id) -> {});
        if (options.results == null || !options.resume) {
            return delete(inputs, survey, null, sandbox);
        }
        try (RunFiles files = RunFiles.resume(options.results, inputs, survey, options.rememberedIds)) {
            return delete(inputs, survey, files, sandbox);
        }
    }

    private int delete(
            Inputs inputs, Inputs.Survey survey, @Nullable RunFiles resumed, @Nullable EmbeddedSandbox sandbox) {
        if (resumed != null && resumed.earlier().count() + resumed.repetitions() == survey.count()) {
            return nothingToDo(survey, resumed);
        }
        URI target = sandbox == null ? options.baseUrl() : sandbox.baseUrl();
        SecretSource.Secret secret = sandbox == null
                ? new SecretSource(surroundings.environment()).secret(options.apiKeyFile)
                : new SecretSource.Secret.One(Credentials.apiKey(sandbox.apiKey()));
        Plan plan = Plan.of(survey, resumed, target);
        try (CloseCrmClient client = client(target, secret)) {
            if (plan.invalid() > 0 && !options.quiet) {
                spec.commandLine()
                        .getErr()
                        .println(plan.invalid() + " of " + plan.inputs()
                                + " inputs are not contact ids and will fail; --dry-run shows them");
            }
            if (plan.contacts() > 0 && !options.yes && !confirmed(plan)) {
                spec.commandLine().getErr().println("nothing was deleted");
                return ExitCode.USAGE;
            }
            if (resumed != null) {
                resumed.begin();
                return run(client, inputs, survey, plan, resumed);
            }
            try (RunFiles files = options.results == null
                    ? null
                    : RunFiles.create(options.results, options.overwrite, inputs, survey)) {
                return run(client, inputs, survey, plan, files);
            }
        }
    }

    /**
     * What is about to be done.
     *
     * @param contacts how many contacts are to be deleted
     * @param all how many there are with those that earlier runs have done
     * @param invalid how many inputs are not contact ids
     * @param byEarlierRuns how many inputs have their last result by earlier runs
     */
    private record Plan(int contacts, int all, int invalid, int inputs, int byEarlierRuns, URI target) {

        static Plan of(Inputs.Survey survey, @Nullable RunFiles resumed, URI target) {
            int byEarlierRuns = resumed == null ? 0 : resumed.earlier().count();
            int done = resumed == null ? 0 : byEarlierRuns + resumed.repetitions();
            // What is not a contact id is tried again each time, and is never done.
            int all = survey.count() - survey.invalid();
            return new Plan(all - done, all, survey.invalid(), survey.count(), byEarlierRuns, target);
        }

        String announced() {
            if (inputs == 0) {
                return "the list is empty: there is nothing to delete";
            }
            return contacts == 0
                    ? "there is no contact " + (all > 0 ? "left " : "") + "to delete"
                    : "deleting " + what();
        }

        String what() {
            return (contacts < all ? "the remaining " + contacts + " of " : "") + all
                    + (all == 1 ? " contact" : " contacts") + " at " + target;
        }
    }

    private int nothingToDo(Inputs.Survey survey, RunFiles files) {
        int byEarlierRuns = files.earlier().count();
        files.begin();
        files.finished();
        if (!options.quiet) {
            spec.commandLine()
                    .getErr()
                    .println("nothing to do: all " + survey.count() + " inputs have their last result in "
                            + options.results);
        }
        Summary summary = new Summary();
        summary.addSettled(files.earlier().counts(), byEarlierRuns);
        printSummary(summary, Duration.ZERO, null);
        return ExitCode.OK;
    }

    private int run(CloseCrmClient client, Inputs inputs, Inputs.Survey survey, Plan plan, @Nullable RunFiles files) {
        Screen screen = new Screen(spec.commandLine().getErr(), surroundings.terminal()::columns);
        Screen unlessQuiet = options.quiet ? null : screen;
        if (unlessQuiet != null) {
            unlessQuiet.line(plan.announced());
        }
        Earlier earlier = files == null ? Earlier.none() : files.earlier();
        Summary summary = new Summary();
        summary.addSettled(earlier.counts(), plan.byEarlierRuns());
        FailureLog failures = new FailureLog(unlessQuiet);
        ProgressDisplay progress = progress(screen, client, survey.count(), earlier);
        Interruption interruption = new Interruption(() -> screen.line(INTERRUPTED), client::dispose, () -> {
            inputs.close();
            if (progress != null) {
                progress.end();
            }
        });
        BulkOptions<Input> bulk = bulkOptions(earlier, unlessQuiet, progress, interruption);
        DeleteRun run = new DeleteRun(
                client,
                inputs,
                survey.count(),
                bulk,
                summary,
                failures,
                files,
                options.json ? new JsonLines(spec.commandLine().getOut()) : null);
        interruption.listen();
        surroundings.logged().showBy(screen::line);
        String why = null;
        boolean unread = false;
        boolean unwritten = false;
        long begun = System.nanoTime();
        try {
            BulkAbortedException stopped = run.run();
            why = whyStopped(stopped, interruption.exitCode() != null && !complete(summary));
        } catch (JsonLines.GoneException e) {
            unread = true;
            why = "stopped: " + e.getMessage();
        } catch (UnwritableException e) {
            unwritten = true;
            why = "stopped: " + e.getMessage() + "; make room";
        } finally {
            if (progress != null) {
                progress.end();
            }
            interruption.over();
            surroundings.logged().showAsUsual();
            failures.end();
            printSummary(summary, Duration.ofNanos(System.nanoTime() - begun), why);
        }
        if (why != null && unwritten) {
            return endUnwritten(why, interruption.exitCode(), screen);
        }
        int code = end(summary, why, interruption.exitCode(), files, screen);
        return unread && code == ExitCode.STOPPED_EARLY ? ExitCode.ERROR : code;
    }

    /** Whatever the summary says, there are inputs without a line, and the journal is needed to give them one. */
    private int endUnwritten(String why, @Nullable Integer signalled, Screen screen) {
        if (!seenInSummary()) {
            screen.line("error: " + why);
        }
        if (options.results != null && Files.isRegularFile(options.results)) {
            screen.line("to go on: " + resumeHint());
        }
        return signalled == null ? ExitCode.ERROR : signalled;
    }

    private int end(
            Summary summary,
            @Nullable String why,
            @Nullable Integer signalled,
            @Nullable RunFiles files,
            Screen screen) {
        boolean complete = complete(summary);
        if (why != null && !seenInSummary()) {
            screen.line("error: " + why);
        }
        if (files != null && complete) {
            files.finished();
        } else if (files != null
                && summary.count(DeleteOutcome.Kind.NOT_ATTEMPTED) == 0
                && files.onlyInvalid(summary.count(DeleteOutcome.Kind.FAILED))) {
            if (!options.quiet) {
                screen.line("nothing to try again: what failed are no contact ids");
            }
        } else if (files != null && (!options.quiet || why != null)) {
            screen.line((why == null ? "to try again what failed: " : "to go on: ") + resumeHint());
        } else if (signalled != null && !complete) {
            screen.line("nothing says which contacts are deleted: with --results FILE a run can be resumed");
        }
        if (signalled != null) {
            return signalled;
        }
        if (why != null) {
            return ExitCode.STOPPED_EARLY;
        }
        return summary.count(DeleteOutcome.Kind.FAILED) > 0 ? ExitCode.SOME_FAILED : ExitCode.OK;
    }

    private String resumeHint() {
        return ResumeHint.command(spec.commandLine().getParseResult().originalArgs())
                + (options.idsFromStandardInput() ? " (with the same ids on standard input)" : "");
    }

    /** The standard output says it as well; on one terminal the line would stand there twice. */
    private boolean seenInSummary() {
        return !options.json
                && surroundings.terminal().showsOutput()
                && surroundings.terminal().shows();
    }

    private @Nullable String whyStopped(@Nullable BulkAbortedException stopped, boolean interrupted) {
        return interrupted
                ? "stopped: the run was interrupted"
                : stopped == null ? null : StopReason.line(stopped, options.maxFailures);
    }

    /** Whether every input has its last result. A signal may come too late to change that. */
    private static boolean complete(Summary summary) {
        return summary.count(DeleteOutcome.Kind.FAILED) == 0 && summary.count(DeleteOutcome.Kind.NOT_ATTEMPTED) == 0;
    }

    private void printSummary(Summary summary, Duration elapsed, @Nullable String why) {
        PrintWriter out = spec.commandLine().getOut();
        if (options.json) {
            Map<String, Object> values = new LinkedHashMap<>(summary.values(elapsed));
            if (why != null) {
                values.put("stopped", why.substring(why.indexOf(' ') + 1));
            }
            new JsonLines(out).last(Map.of("summary", values));
            return;
        }
        out.println(summary.line(elapsed));
        if (summary.earlier() > 0) {
            out.println("of these, " + summary.earlier() + (summary.earlier() == 1 ? " was" : " were")
                    + " done by an earlier run");
        }
        if (why != null) {
            out.println(why);
        }
        out.flush();
    }

    private BulkOptions<Input> bulkOptions(
            Earlier earlier, @Nullable Screen screen, @Nullable ProgressDisplay progress, Interruption interruption) {
        BulkOptions.Builder<Input> bulk = BulkOptions.<Input>builder()
                .concurrency(options.concurrency)
                .outageTimeout(Duration.ofSeconds(options.outageTimeoutSeconds))
                .outageListener(new OutageNotice(screen, progress != null && asBar(), options.outageTimeoutSeconds))
                .rememberedIds(options.rememberedIds)
                .maybeSentBefore(input -> earlier.maybeSent().get(input.index()))
                .stopWhen(interruption.stop());
        if (options.expectNotFound) {
            bulk.maxNotFoundAtFirst(Integer.MAX_VALUE);
        }
        if (options.maxFailures != null) {
            bulk.maxFailed(options.maxFailures);
        }
        if (options.ordered) {
            bulk.ordered();
        }
        if (progress != null) {
            bulk.progressListener(progress.interval(), progress);
        }
        return bulk.build();
    }

    private @Nullable ProgressDisplay progress(Screen screen, CloseCrmClient client, int inputs, Earlier earlier) {
        if (options.quiet || options.noProgress) {
            return null;
        }
        boolean noColour = options.noColor
                || !surroundings.environment().getOrDefault("NO_COLOR", "").isEmpty();
        return new ProgressDisplay(
                screen,
                asBar(),
                surroundings.terminal()::columns,
                noColour ? Palette.PLAIN : Palette.COLOURS,
                inputs,
                earlier.counts(),
                new Eta(options.share == null ? 1 : options.share, options.rate),
                client::quota);
    }

    /** A bar needs a terminal that can erase, and to itself: objects on the same terminal would be drawn into it. */
    private boolean asBar() {
        return !"dumb".equals(surroundings.environment().get("TERM"))
                && !(options.json && surroundings.terminal().showsOutput())
                && surroundings.terminal().shows();
    }

    private CloseCrmClient client(URI target, SecretSource.Secret secret) {
        try {
            return secret.into(CloseCrmClient.builder())
                    .quota(options.quota())
                    .baseUrl(target)
                    .connections(options.connections())
                    .userAgentSuffix("closecrm-cli")
                    .build();
        } catch (IllegalArgumentException e) {
            throw options.refused(target, e);
        }
    }

    private boolean confirmed(Plan plan) {
        boolean inputTaken = options.idsFromStandardInput();
        if (inputTaken || !surroundings.terminal().interactive()) {
            throw new UsageException("would delete " + plan.what() + ", but cannot ask first ("
                    + (inputTaken ? "standard input holds the ids" : "there is no terminal")
                    + "); add --yes to go ahead");
        }
        return surroundings.terminal().confirms("Delete " + plan.what() + "? This cannot be undone. [y/N]");
    }
}
