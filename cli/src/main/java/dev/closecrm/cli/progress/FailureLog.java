package dev.closecrm.cli.progress;

import org.jspecify.annotations.Nullable;

/** Shows the first failures as they happen, and how many more there were at the end. */
public final class FailureLog {

    private static final int SHOWN = 10;

    private final @Nullable Screen screen;
    private long count;

    /** Shows them on the given screen, or nowhere. */
    public FailureLog(@Nullable Screen screen) {
        this.screen = screen;
    }

    /**
     * Takes one.
     *
     * @param place where the input stands, in words
     */
    public void add(String place, String message) {
        count++;
        if (screen != null && count <= SHOWN) {
            screen.line("failed: " + place + ": " + message);
        }
    }

    /** Says how many were not shown. */
    public void end() {
        if (screen != null && count > SHOWN) {
            screen.line("failed: " + (count - SHOWN) + " more");
        }
    }
}
