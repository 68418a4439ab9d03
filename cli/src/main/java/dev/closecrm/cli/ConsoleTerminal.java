package dev.closecrm.cli;

import java.io.Console;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The terminal the process was started from. */
@SuppressWarnings("SystemConsoleNull") // null up to JDK 21, asked by isTerminal from 22 on
final class ConsoleTerminal implements Terminal {

    private static final Set<String> YES = Set.of("y", "yes");
    private static final int USUAL_COLUMNS = 80;

    private volatile int columns;

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

    /** The JDK knows of standard input and output only, so the shell is asked. Without one there is no bar. */
    @Override
    public boolean shows() {
        return "yes".equals(said("test -t 2 && echo yes", Redirect.INHERIT));
    }

    @Override
    public int columns() {
        int known = columns;
        if (known == 0) {
            Signals.on("WINCH", () -> columns = 0);
            known = columns(said("stty size </dev/tty", Redirect.DISCARD));
            columns = known;
        }
        return known;
    }

    /** The second number, unless it is one of a terminal that does not know its size. */
    static int columns(String rowsAndColumns) {
        String[] numbers = rowsAndColumns.split(" ", -1);
        try {
            int number = numbers.length == 2 ? Integer.parseInt(numbers[1]) : 0;
            return number > 0 ? number : USUAL_COLUMNS;
        } catch (NumberFormatException e) {
            return USUAL_COLUMNS;
        }
    }

    private static String said(String command, Redirect error) {
        try {
            Process shell =
                    new ProcessBuilder("sh", "-c", command).redirectError(error).start();
            shell.getOutputStream().close();
            String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            shell.waitFor(1, TimeUnit.SECONDS);
            return output;
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
