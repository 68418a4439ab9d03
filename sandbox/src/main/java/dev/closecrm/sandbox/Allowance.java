package dev.closecrm.sandbox;

/** How much of one limit is left, by one way of counting. Time is given, never read, and does not go back. */
interface Allowance {

    static Allowance of(RateLimit.Kind kind, int limit, long windowNanos) {
        return switch (kind) {
            case FIXED_WINDOW -> new FixedWindow(limit, windowNanos);
            case BURST_WINDOW -> new BurstWindow(limit, windowNanos);
            case SLIDING_WINDOW -> new SlidingWindow(limit, windowNanos);
            case TOKEN_BUCKET -> new TokenBucket(limit, windowNanos);
        };
    }

    int limit();

    int remaining(long nowNanos);

    /** Takes one of what remains. */
    void take(long nowNanos);

    /** The time until more remains, more than zero; a whole window if nothing is missing. */
    long untilMore(long nowNanos);
}
