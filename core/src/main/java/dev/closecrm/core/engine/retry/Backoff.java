package dev.closecrm.core.engine.retry;

import java.time.Duration;

/**
 * How long to wait before trying again: a random part of a span that doubles each time, up to a cap ("full jitter"). The cap
 * is applied first, so that callers who have waited long are spread as widely as the others.
 *
 * @param base the span before the first retry
 * @param cap the longest span
 */
record Backoff(Duration base, Duration cap) {

    /** Doubling further would overflow, and has long met the cap. */
    private static final int MOST_DOUBLINGS = 30;

    /**
     * The wait before a retry.
     *
     * @param retry which one, from 1
     * @param random from 0 inclusive to 1 exclusive
     */
    Duration before(int retry, double random) {
        double span =
                Math.min((double) base.toNanos() * (1L << Math.min(Math.max(0, retry - 1), MOST_DOUBLINGS)), (double)
                        cap.toNanos());
        return Duration.ofNanos((long) (span * random));
    }
}
