package dev.closecrm.cli;

import java.io.Console;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The terminal the process was started from. */
@SuppressWarnings("SystemConsoleNull") // null up to JDK 21, asked by isTerminal from 22 on
final class ConsoleTerminal implements Terminal {

    private static final Set<String> YES = Set.of("y", "yes");

    @Override
    public boolean interactive() {
        Console console = System.console();
        return console != null && isTerminal(console);
    }

    @Override
    public boolean confirms(String question) {
        Console console = System.console();
        return console != null && isYes(console.readLine("%s ", question));
    }

    static boolean isYes(@Nullable String answer) {
        return answer != null && YES.contains(answer.strip().toLowerCase(Locale.ROOT));
    }

    /** Since JDK 22 there is a console even where input or output is redirected, and it has to be asked. */
    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
