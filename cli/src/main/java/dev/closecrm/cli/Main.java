package dev.closecrm.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code closecrm}: holds the subcommands, and maps what happens to an exit code. */
@Command(
        name = "closecrm",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Deletes contacts in the Close CRM.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCode.OK_TEXT,
            ExitCode.ERROR_TEXT,
            ExitCode.USAGE_TEXT,
            ExitCode.SOME_FAILED_TEXT,
            ExitCode.STOPPED_EARLY_TEXT,
            ExitCode.SIGNAL_TEXT
        })
public final class Main implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param arguments what stands behind the command's name
     */
    public static void main(String[] arguments) {
        int exitCode;
        try {
            PrintWriter err = StandardStreams.error();
            CommandLine command = commandLine(Surroundings.ofProcess(LogLines.ofProcess()))
                    .setOut(StandardStreams.output())
                    .setErr(err);
            exitCode = Errors.withOutput(command.execute(arguments), command);
        } catch (OutOfMemoryError e) {
            System.err.println("error: out of memory; give the JVM more with -Xmx, or the command fewer ids at once");
            exitCode = ExitCode.ERROR;
        }
        System.exit(exitCode);
    }

    static CommandLine commandLine(Surroundings surroundings) {
        return new CommandLine(new Main())
                .addSubcommand(new DeleteCommand(surroundings))
                .addSubcommand(new SandboxCommand())
                .addSubcommand(new CompletionCommand())
                // An argument is an id, also one that begins with @.
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(Errors::badArguments)
                .setExecutionExceptionHandler(Errors::failed);
    }

    /** Reached only without a subcommand. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: closecrm delete or closecrm sandbox");
    }
}
