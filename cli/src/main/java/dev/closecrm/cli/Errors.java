package dev.closecrm.cli;

import dev.closecrm.cli.input.UsageException;
import dev.closecrm.cli.results.JsonLines;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every failure into one line on the standard error and an exit code. Never a stack trace. */
final class Errors {

    private Errors() {}

    /** The arguments do not fit. */
    static int badArguments(ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        print(command, message(error) + " (see " + command.getCommandSpec().qualifiedName() + " --help)");
        return ExitCode.USAGE;
    }

    /** The command failed. */
    static int failed(Exception error, CommandLine command, ParseResult arguments) {
        print(
                command,
                Objects.requireNonNullElse(error.getMessage(), error.getClass().getSimpleName()));
        return error instanceof UsageException ? ExitCode.USAGE : ExitCode.ERROR;
    }

    /** What was printed may have reached nobody: then nothing went well. */
    static int withOutput(int exitCode, CommandLine command) {
        boolean thoughtFine = exitCode == ExitCode.OK || exitCode == ExitCode.SOME_FAILED;
        if (!thoughtFine || !command.getOut().checkError()) {
            return exitCode;
        }
        print(command, JsonLines.GONE);
        return exitCode == ExitCode.OK ? ExitCode.ERROR : exitCode;
    }

    /** Names an unknown option without its value, and nothing behind it: that may be a key. */
    private static String message(ParameterException error) {
        if (error instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String argument = unmatched.getUnmatched().get(0);
            int value = argument.indexOf('=');
            return "unknown option or argument " + (value < 0 ? argument : argument.substring(0, value));
        }
        return Objects.requireNonNullElse(error.getMessage(), "the arguments do not fit");
    }

    private static void print(CommandLine command, String message) {
        command.getOut().flush();
        command.getErr().println("error: " + message.lines().findFirst().orElse(""));
        command.getErr().flush();
    }
}
