package dev.closecrm.cli;

import java.util.Stack;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Takes the next argument unless it is an id or an option, so that {@code --sandbox cont_x} leaves the id alone. */
final class OptionalNumber implements IParameterConsumer {

    private static final int MOST = 10_000_000;

    @Override
    @SuppressWarnings("JdkObsolete") // picocli's signature
    public void consumeParameters(Stack<String> arguments, ArgSpec option, CommandSpec command) {
        boolean valueFollows = !arguments.isEmpty()
                && !arguments.peek().startsWith("cont_")
                && !arguments.peek().startsWith("--");
        String text = valueFollows ? arguments.pop() : ((OptionSpec) option).fallbackValue();
        try {
            int number = Integer.parseInt(text);
            if (number < 0 || number > MOST) {
                throw new NumberFormatException();
            }
            option.setValue(number);
        } catch (NumberFormatException e) {
            throw new ParameterException(
                    command.commandLine(),
                    ((OptionSpec) option).longestName() + " takes a number from 0 to " + MOST + ", not \"" + text
                            + "\"");
        }
    }
}
