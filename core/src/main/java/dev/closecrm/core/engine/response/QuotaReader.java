package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.quota.QuotaReading;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a refusal for want of quota (429) says: how long to wait, and what the quota is. Headers and body are about the same moment;
 * the body has the finer resolution.
 */
final class QuotaReader {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private QuotaReader() {}

    /**
     * How long to wait: the {@code rate_reset} of the body; where that is more than a second from {@code Retry-After}, the header,
     * which is the one that is specified; and where there is neither, the end of the window by the headers.
     *
     * @param body what the body says
     * @param headers what the headers say
     * @param retryAfter what {@code Retry-After} says, or null
     * @return the wait, or null if nobody says
     */
    static @Nullable Duration wait(RateFields body, QuotaHeaders headers, @Nullable Duration retryAfter) {
        if (agree(body.reset(), retryAfter)) {
            return body.reset();
        }
        // Nobody knows how it is rounded: 0 may be just under a second.
        return retryAfter == null && headers.reset() != null ? headers.reset().plus(SECOND) : retryAfter;
    }

    /**
     * What it says of the quota. Nothing is left, whatever the headers have counted: that is what the refusal says.
     *
     * @param body what the body says
     * @param headers what the headers say
     * @param retryAfter what {@code Retry-After} says, or null
     * @return the reading, or null if nobody says what the limit is
     */
    static @Nullable QuotaReading reading(RateFields body, QuotaHeaders headers, @Nullable Duration retryAfter) {
        Integer limit = body.limit() == null ? headers.limit() : body.limit();
        if (limit == null) {
            return null;
        }
        // Headers with another limit are about another quota: that of the key, and that of the organisation.
        boolean same = headers.limit() == null || limit.equals(headers.limit());
        boolean exact = agree(body.reset(), retryAfter);
        Duration reset = exact ? body.reset() : same ? headers.reset() : null;
        Duration window = body.window() == null && same ? headers.window() : body.window();
        return new QuotaReading(limit, 0, reset, exact, window, body.scope());
    }

    private static boolean agree(@Nullable Duration reset, @Nullable Duration retryAfter) {
        return reset != null
                && (retryAfter == null || retryAfter.minus(reset).abs().compareTo(SECOND) <= 0);
    }
}
