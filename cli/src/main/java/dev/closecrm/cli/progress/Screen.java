package dev.closecrm.cli.progress;

import java.io.PrintWriter;

/**
 * The standard error: lines, and below them, if there is one, a bar that is drawn over again and again. Lines and bar come from
 * several threads and never mix.
 */
public final class Screen {

    private static final String TO_LINE_START = "\r";
    private static final String ERASE_LINE = "\r\033[2K";

    private final PrintWriter err;
    private String bar = "";

    /** A screen that writes there. */
    public Screen(PrintWriter err) {
        this.err = err;
    }

    /** Prints a line, above the bar. */
    public synchronized void line(String text) {
        err.print(bar.isEmpty() ? "" : ERASE_LINE);
        err.println(text);
        err.print(bar);
        err.flush();
    }

    /** Draws the bar, in place of the one before. The cursor stays behind it. */
    synchronized void bar(String text) {
        // Erasing the whole line first would make it flicker: what is left of a longer one is erased behind the new.
        err.print(bar.isEmpty() ? text : TO_LINE_START + text + "\033[K");
        err.flush();
        bar = text;
    }

    /** Takes the bar away. */
    public synchronized void noBar() {
        if (!bar.isEmpty()) {
            err.print(ERASE_LINE);
            err.flush();
            bar = "";
        }
    }
}
