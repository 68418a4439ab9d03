package dev.closecrm.core.engine.quota;

/**
 * A quota that grows all the time instead of window by window (sliding window, token bucket). Requests are sent at the rate at
 * which it grows; what is left is held near a low level, which corrects the rate.
 *
 * @param refill how much is added per nanosecond, less what others take
 * @param most the fastest that it was seen to grow
 * @param jumps how often it grew at once like a window after all
 */
record Flow(double refill, double most, int jumps) {

    /** In nanoseconds: how fast the estimate follows, and how fast the level is corrected. */
    private static final double MEMORY = 3e9;

    private static final double CORRECTION = 2e9;

    /** Even if it seems not to grow at all, it is worth a look so often. */
    private static final double SLOWEST = 1 / 1e9;

    Flow seen(Glimpse before, Glimpse now) {
        double time = now.middle() - before.middle();
        if (time <= 0) {
            return this;
        }
        double gain = (double) now.remaining() - before.remaining() + (now.number() - before.number());
        double weight = 1 - Math.exp(-time / MEMORY);
        double next = Math.max(0, refill + weight * (gain / time - refill));
        return new Flow(next, Math.max(most, next), jumps);
    }

    Flow slower() {
        return new Flow(refill * 0.95, most, jumps);
    }

    Flow jumped() {
        return new Flow(refill, most, jumps + 1);
    }

    /** What is left by now, if it has grown since the newest answer as it did before. */
    double left(Count count, long now) {
        Glimpse newest = count.sight().newest();
        double since = newest == null ? 0 : Math.max(0, now - newest.middle());
        return count.certain() + refill * since;
    }

    /** When the next request may go. */
    long opensAt(Count count, int limit, long now, boolean interactive, double share) {
        double left = left(count, now);
        double level = Math.max(2, limit * 0.03);
        double even = refill + (left - level) / CORRECTION;
        double rate = Math.max(SLOWEST, share < 1 ? Math.min(even, share * most) : even);
        long due = interactive ? now : count.traffic().sentAt() + (long) (1 / rate);
        double missing = 1 - left;
        long there = missing <= 0 ? now : now + (long) Math.min(1e9, missing / Math.max(SLOWEST, refill));
        return Math.max(due, there);
    }
}
