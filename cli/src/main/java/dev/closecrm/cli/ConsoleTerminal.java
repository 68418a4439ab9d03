package dev.closecrm.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.Charset;
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
        return console() != null || (isTerminal(0) && shows());
    }

    @Override
    public boolean confirms(String question) {
        Console console = console();
        String answer = console == null ? answer(question) : console.readLine("%s ", question);
        if (answer == null) {
            // Whoever types Ctrl-D types no end of the line.
            System.err.println();
        }
        return isYes(answer);
    }

    /** There is no console where the output goes to a file, and a person sits there all the same. */
    private static @Nullable String answer(String question) {
        PrintWriter err = StandardStreams.error();
        err.print(question + " ");
        err.flush();
        try {
            return new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
        } catch (IOException e) {
            return null;
        }
    }

    static boolean isYes(@Nullable String answer) {
        return answer != null && YES.contains(answer.strip().toLowerCase(Locale.ROOT));
    }

    private static @Nullable Console console() {
        Console console = System.console();
        return console != null && isTerminal(console) ? console : null;
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
        return isTerminal(2);
    }

    @Override
    public boolean showsOutput() {
        return isTerminal(1);
    }

    private static boolean isTerminal(int stream) {
        try {
            Process shell = new ProcessBuilder("sh", "-c", "test -t " + stream)
                    .inheritIO()
                    .start();
            return shell.waitFor(1, TimeUnit.SECONDS) && shell.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public int columns() {
        int known = columns;
        if (known == 0) {
            Signals.on("WINCH", () -> columns = 0);
            known = columns(said("stty size </dev/tty"));
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

    private static String said(String command) {
        try {
            Process shell = new ProcessBuilder("sh", "-c", command)
                    .redirectError(Redirect.DISCARD)
                    .start();
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
