package dev.closecrm.cli.progress;

/** The colours of the bar, or none. */
public enum Palette {
    /** The sixteen colours every terminal has. */
    COLOURS("\033[32m", "\033[33m", "\033[31m", "\033[0m"),
    /** As {@code NO_COLOR} asks for. */
    PLAIN("", "", "", "");

    private final String good;
    private final String waiting;
    private final String bad;
    private final String end;

    Palette(String good, String waiting, String bad, String end) {
        this.good = good;
        this.waiting = waiting;
        this.bad = bad;
        this.end = end;
    }

    String good(String text) {
        return good + text + end;
    }

    String waiting(String text) {
        return waiting + text + end;
    }

    String bad(String text) {
        return bad + text + end;
    }
}
