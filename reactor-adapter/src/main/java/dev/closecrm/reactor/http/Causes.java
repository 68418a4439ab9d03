package dev.closecrm.reactor.http;

import org.jspecify.annotations.Nullable;

/** Looks through the causes of an error. They can form a ring; no honest chain is longer than the limit here. */
final class Causes {

    private static final int MAX_DEPTH = 20;

    private Causes() {}

    /** The first of a type, the error itself included, or null if there is none. */
    static <T extends Throwable> @Nullable T find(@Nullable Throwable error, Class<T> type) {
        Throwable cause = error;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }

    /** The innermost one. */
    static Throwable last(Throwable error) {
        Throwable last = error;
        for (int depth = 0; last.getCause() != null && depth < MAX_DEPTH; depth++) {
            last = last.getCause();
        }
        return last;
    }
}
