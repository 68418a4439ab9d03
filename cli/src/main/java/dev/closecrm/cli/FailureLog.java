package dev.closecrm.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Shows the first failures as they happen, and how many more there were at the end. */
final class FailureLog {

    private static final int SHOWN = 10;

    private final @Nullable PrintWriter err;
    private long count;

    /** Shows them on the given writer, or nowhere. */
    FailureLog(@Nullable PrintWriter err) {
        this.err = err;
    }

    void add(long index, String message) {
        count++;
        if (err != null && count <= SHOWN) {
            err.println("failed: input " + index + ": " + message);
            err.flush();
        }
    }

    void end() {
        if (err != null && count > SHOWN) {
            err.println("failed: " + (count - SHOWN) + " more");
            err.flush();
        }
    }
}
