package dev.closecrm.reactor.quota;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one permit. Each is reported once, unless its client ends before.
 *
 * @param permit its number
 * @param end how it ended
 * @param limit what the answer said of the quota, or null if nothing
 * @param retryAfter for how long a refusal asks to wait, or null if it does not say
 * @param roundTrip how long it took from the use of the permit to the answer, or to its absence; zero if it was not used
 */
public record QuotaReport(
        long permit,
        End end,
        @Nullable Limit limit,
        @Nullable Duration retryAfter,
        Duration roundTrip) {

    /** How a permit ended. */
    public enum End {
        /** The service answered, and has counted the request. */
        ANSWERED,
        /** The service refused the request for want of quota (429): the coordinator had granted too much, or others use the key too. */
        REFUSED,
        /** No answer came; the service may have counted the request. */
        UNANSWERED,
        /** No request was sent: the permit may be granted again. */
        UNUSED
    }

    /** Whose limit an answer names. */
    public enum Owner {
        /** The answer does not say. */
        UNSAID,
        /** That of the key. */
        KEY,
        /** That of all keys of the organisation together. */
        ORGANISATION
    }

    /**
     * What an answer said of the quota.
     *
     * @param limit the requests per window, at least 1
     * @param remaining what was left of them, when the service counted this request
     * @param reset how long until the window ends, or null if the answer does not say
     * @param resetExact whether {@code reset} is exact; otherwise it is in whole seconds of unknown rounding
     * @param window the length of the window, or null if the answer does not say
     * @param owner whose limit it is
     */
    public record Limit(
            int limit,
            int remaining,
            @Nullable Duration reset,
            boolean resetExact,
            @Nullable Duration window,
            Owner owner) {}
}
