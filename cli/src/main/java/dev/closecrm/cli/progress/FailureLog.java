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

    /** Takes one. */
    public void add(long index, String message) {
        count++;
        if (screen != null && count <= SHOWN) {
            screen.line("failed: input " + index + ": " + message);
        }
    }

    /** Says how many were not shown. */
    public void end() {
        if (screen != null && count > SHOWN) {
            screen.line("failed: " + (count - SHOWN) + " more");
        }
    }
}
