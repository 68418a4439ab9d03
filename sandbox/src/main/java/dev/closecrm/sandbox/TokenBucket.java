package dev.closecrm.sandbox;

/** A bucket that begins full and refills evenly, one limit in one window, as long as there is room in it. */
final class TokenBucket implements Allowance {

    private final int limit;
    private final long windowNanos;
    /** When it will be full, counted from the origin: doubles of nanoseconds since 1970 would be too coarse. */
    private double fullAtNanos = Double.NEGATIVE_INFINITY;

    private long origin;

    TokenBucket(int limit, long windowNanos) {
        this.limit = limit;
        this.windowNanos = windowNanos;
    }

    @Override
    public int limit() {
        return limit;
    }

    @Override
    public int remaining(long nowNanos) {
        return limit - missing(nowNanos);
    }

    @Override
    public void take(long nowNanos) {
        if (missing(nowNanos) == 0) {
            origin = nowNanos;
            fullAtNanos = 0;
        }
        fullAtNanos += step();
    }

    @Override
    public long untilMore(long nowNanos) {
        int missing = missing(nowNanos);
        if (missing == 0) {
            return windowNanos;
        }
        double left = fullAtNanos - (nowNanos - origin) - (missing - 1) * step();
        return Math.max(1, (long) Math.ceil(left));
    }

    private int missing(long nowNanos) {
        double left = fullAtNanos - (nowNanos - origin);
        // Less than a nanosecond short of a token is rounding.
        return left < 1 ? 0 : (int) Math.ceil((left - 0.5) / step());
    }

    private double step() {
        return (double) windowNanos / limit;
    }
}
