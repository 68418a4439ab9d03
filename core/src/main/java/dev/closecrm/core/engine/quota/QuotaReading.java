package dev.closecrm.core.engine.quota;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one answer says about the quota.
 *
 * @param limit the requests per window, at least 1
 * @param remaining what is left of them, not negative; may be more than the limit
 * @param reset how long until the window ends, or null if the answer does not say; from a header it is in whole seconds of unknown
 *     rounding
 * @param exact whether {@code reset} is not rounded
 * @param window the length of the window, or null if the answer does not say
 * @param scope whose limit it is
 */
public record QuotaReading(
        int limit,
        int remaining,
        @Nullable Duration reset,
        boolean exact,
        @Nullable Duration window,
        Scope scope) {

    /** Whose limit an answer describes: the one that is nearer to exhaustion. */
    public enum Scope {
        /** The answer does not say. */
        UNSAID,
        /** That of the key. */
        KEY,
        /** That of all keys of the organisation together. */
        ORGANISATION
    }
}
