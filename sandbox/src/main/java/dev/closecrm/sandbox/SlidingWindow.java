package dev.closecrm.sandbox;

import java.util.ArrayDeque;
import java.util.Deque;

/** Remembers when each request was granted: one that is a window old gives its place back, and nothing begins anew. */
final class SlidingWindow implements Allowance {

    private final int limit;
    private final long lengthNanos;
    private final Deque<Long> taken = new ArrayDeque<>();

    SlidingWindow(int limit, long lengthNanos) {
        this.limit = limit;
        this.lengthNanos = lengthNanos;
    }

    @Override
    public int limit() {
        return limit;
    }

    @Override
    public int remaining(long nowNanos) {
        forget(nowNanos);
        return limit - taken.size();
    }

    @Override
    public void take(long nowNanos) {
        forget(nowNanos);
        taken.addLast(nowNanos);
    }

    @Override
    public long untilMore(long nowNanos) {
        forget(nowNanos);
        Long oldest = taken.peekFirst();
        return oldest == null ? lengthNanos : oldest + lengthNanos - nowNanos;
    }

    private void forget(long nowNanos) {
        for (Long oldest = taken.peekFirst();
                oldest != null && nowNanos - oldest >= lengthNanos;
                oldest = taken.peekFirst()) {
            taken.removeFirst();
        }
    }
}
