package dev.closecrm.sandbox;

/**
 * What is left of a limit in the present window. Windows follow each other without gaps and begin at whole multiples of
 * their length since 1970, so that windows of whole seconds begin on whole seconds. Time is given, never read.
 */
final class FixedWindow implements Allowance {

    private final int limit;
    private final long lengthNanos;
    private long present;
    private int used;

    FixedWindow(int limit, long lengthNanos) {
        this.limit = limit;
        this.lengthNanos = lengthNanos;
    }

    @Override
    public int limit() {
        return limit;
    }

    @Override
    public int remaining(long nowNanos) {
        enter(nowNanos);
        return limit - used;
    }

    @Override
    public void take(long nowNanos) {
        enter(nowNanos);
        used++;
    }

    @Override
    public long untilMore(long nowNanos) {
        return untilEnd(nowNanos, lengthNanos);
    }

    /** More than zero: a window that has just begun has its full length left. */
    static long untilEnd(long nowNanos, long lengthNanos) {
        return lengthNanos - Math.floorMod(nowNanos, lengthNanos);
    }

    private void enter(long nowNanos) {
        long number = Math.floorDiv(nowNanos, lengthNanos);
        if (number != present) {
            present = number;
            used = 0;
        }
    }
}
