package dev.closecrm.sandbox;

/** A fixed window that hands what was not used on to the next, at most as much as the limit: twice the limit may remain. */
final class BurstWindow implements Allowance {

    private final int limit;
    private final long lengthNanos;
    private long present = Long.MIN_VALUE;
    private long remaining;

    BurstWindow(int limit, long lengthNanos) {
        this.limit = limit;
        this.lengthNanos = lengthNanos;
        this.remaining = limit;
    }

    @Override
    public int limit() {
        return limit;
    }

    @Override
    public int remaining(long nowNanos) {
        enter(nowNanos);
        return (int) Math.min(Integer.MAX_VALUE, remaining);
    }

    @Override
    public void take(long nowNanos) {
        enter(nowNanos);
        remaining--;
    }

    @Override
    public long untilMore(long nowNanos) {
        return FixedWindow.untilEnd(nowNanos, lengthNanos);
    }

    private void enter(long nowNanos) {
        long number = Math.floorDiv(nowNanos, lengthNanos);
        if (present == Long.MIN_VALUE) {
            present = number;
        }
        // Two windows fill it, however empty it was.
        for (long i = Math.min(2, number - present); i > 0; i--) {
            remaining = Math.min(2L * limit, remaining + limit);
        }
        present = number;
    }
}
