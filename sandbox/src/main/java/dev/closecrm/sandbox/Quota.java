package dev.closecrm.sandbox;

/**
 * The limiter's word on one request.
 *
 * @param granted whether the request may go on
 * @param type whose limit is described: {@code key} or {@code organization}
 * @param limit the requests per window
 * @param remaining what is left of them after this request
 * @param resetNanos the time until more remains, more than zero
 * @param windowNanos the length of the window
 */
record Quota(boolean granted, String type, int limit, int remaining, long resetNanos, long windowNanos) {

    /** The reset in whole seconds, rounded up: waiting that long is always enough. */
    long resetSeconds() {
        return ceilSeconds(resetNanos);
    }

    long windowSeconds() {
        return ceilSeconds(windowNanos);
    }

    private static long ceilSeconds(long nanos) {
        return (nanos + 999_999_999L) / 1_000_000_000L;
    }
}
