package dev.closecrm.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The command that goes on where a run was ended, as it can be pasted into a shell. */
final class ResumeHint {

    private static final Pattern HARMLESS = Pattern.compile("[\\p{Alnum}_./:=@%+,-]+");

    /** What a shell calls <(...). It is gone with the command. */
    private static final Pattern OF_THE_SHELL = Pattern.compile("(--[a-z-]+=)?(/dev/fd/\\d+|/proc/self/fd/\\d+)");

    private static final String END_OF_OPTIONS = "--";

    private ResumeHint() {}

    /** That of a run which was begun with these arguments. */
    static String command(List<String> arguments) {
        int end = arguments.indexOf(END_OF_OPTIONS);
        List<String> options = new ArrayList<>(end < 0 ? arguments : arguments.subList(0, end));
        List<String> ids = end < 0 ? List.of() : arguments.subList(end, arguments.size());
        options.removeIf(option -> is("--overwrite", option));
        boolean resumed = options.contains("--resume");
        options.removeIf(option -> !option.equals("--resume") && is("--resume", option));
        Map<String, String> files = new LinkedHashMap<>();
        options.replaceAll(option -> named(option, files));
        if (!resumed) {
            options.add("--resume");
        }
        options.addAll(ids);
        return "closecrm " + options.stream().map(ResumeHint::quoted).collect(Collectors.joining(" ")) + remark(files);
    }

    /** Whether it is the option, which may be followed by "=true". */
    private static boolean is(String option, String argument) {
        return argument.equals(option) || argument.startsWith(option + "=");
    }

    /** In place of what the shell has closed by then, a file that a person has to name. */
    private static String named(String option, Map<String, String> files) {
        Matcher matcher = OF_THE_SHELL.matcher(option);
        if (!matcher.matches()) {
            return option;
        }
        String file =
                files.computeIfAbsent(matcher.group(2), any -> files.isEmpty() ? "FILE" : "FILE" + (files.size() + 1));
        return (matcher.group(1) == null ? "" : matcher.group(1)) + file;
    }

    private static String remark(Map<String, String> files) {
        return files.isEmpty()
                ? ""
                : files.entrySet().stream()
                        .map(file -> file.getValue() + " being what came from " + file.getKey())
                        .collect(Collectors.joining(", ", " (", ")"));
    }

    private static String quoted(String argument) {
        return HARMLESS.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
