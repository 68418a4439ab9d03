package dev.closecrm.cli.progress;

import java.io.PrintWriter;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/**
 * The standard error: lines, and below them, if there is one, a bar that is drawn over again and again. Lines and bar come from
 * several threads and never mix.
 */
public final class Screen {

    private static final String TO_LINE_START = "\r";
    private static final String ERASE_LINE = "\r\033[2K";
    private static final Pattern COLOUR = Pattern.compile("\033\\[\\d*m");

    private final PrintWriter err;
    private final IntSupplier columns;
    private String bar = "";

    /**
     * A screen that writes there.
     *
     * @param columns how wide it is, asked only while there is a bar
     */
    public Screen(PrintWriter err, IntSupplier columns) {
        this.err = err;
        this.columns = columns;
    }

    /** Prints a line, above the bar. */
    public synchronized void line(String text) {
        err.print(erasing());
        err.println(text);
        err.print(bar);
        err.flush();
    }

    /** Draws the bar, in place of the one before. The cursor stays behind it. */
    synchronized void bar(String text) {
        // Erasing the whole line first would make it flicker: what is left of a longer one is erased behind the new.
        String erasing = erasing();
        err.print(erasing.equals(ERASE_LINE) ? TO_LINE_START + text + "\033[K" : erasing + text);
        err.flush();
        bar = text;
    }

    /** A terminal that was made narrower has the bar in several rows now, and the cursor in the last of them. */
    private String erasing() {
        if (bar.isEmpty()) {
            return "";
        }
        int width = COLOUR.matcher(bar).replaceAll("").length();
        int rowsAbove = (width - 1) / Math.max(1, columns.getAsInt());
        return rowsAbove == 0 ? ERASE_LINE : "\r\033[" + rowsAbove + "A\033[J";
    }

    /** Takes the bar away. */
    public synchronized void noBar() {
        if (!bar.isEmpty()) {
            err.print(erasing());
            err.flush();
            bar = "";
        }
    }
}
