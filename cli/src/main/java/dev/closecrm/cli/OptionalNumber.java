package dev.closecrm.cli;

import java.util.Stack;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Takes the next argument only if it is a number, so that {@code --sandbox cont_x} leaves the id alone. */
final class OptionalNumber implements IParameterConsumer {

    @Override
    @SuppressWarnings("JdkObsolete") // picocli's signature
    public void consumeParameters(Stack<String> arguments, ArgSpec option, CommandSpec command) {
        boolean numberFollows = !arguments.isEmpty() && isNumber(arguments.peek());
        String text = numberFollows ? arguments.pop() : ((OptionSpec) option).fallbackValue();
        try {
            option.setValue(Integer.valueOf(text));
        } catch (NumberFormatException e) {
            throw new ParameterException(command.commandLine(), text + " is too large a number");
        }
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
