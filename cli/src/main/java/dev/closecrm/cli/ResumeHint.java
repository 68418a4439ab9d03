package dev.closecrm.cli;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The command that goes on where a run was ended, as it can be pasted into a shell. */
final class ResumeHint {

    private static final Pattern HARMLESS = Pattern.compile("[\\p{Alnum}_./:=@%+,-]+");

    private ResumeHint() {}

    /** That of a run which was begun with these arguments. */
    static String command(List<String> arguments) {
        boolean resumed = arguments.contains("--resume");
        return "closecrm "
                + arguments.stream()
                        .filter(argument -> !argument.equals("--overwrite"))
                        .map(ResumeHint::quoted)
                        .collect(Collectors.joining(" "))
                + (resumed ? "" : " --resume");
    }

    private static String quoted(String argument) {
        return HARMLESS.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
