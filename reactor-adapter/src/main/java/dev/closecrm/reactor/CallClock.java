package dev.closecrm.reactor;

import java.time.Duration;
import java.util.function.LongSupplier;

/** The time of one call. It can stand still, for waiting that is not to be held against the call. */
final class CallClock {

    private final LongSupplier nanoTime;
    private final Duration limit;
    private final long begun;
    private long deadline;
    private boolean stopped;
    private long stoppedAt;

    CallClock(Duration limit, LongSupplier nanoTime) {
        this.limit = limit;
        this.nanoTime = nanoTime;
        this.begun = nanoTime.getAsLong();
        this.deadline = begun + limit.toNanos();
    }

    Duration limit() {
        return limit;
    }

    /** What is left of the limit; not positive if it has passed. */
    long leftNanos() {
        return deadline - (stopped ? stoppedAt : nanoTime.getAsLong());
    }

    /** The same for those who can only wait. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, leftNanos()));
    }

    /** Since the call began, whether the time stood still or not. */
    Duration elapsed() {
        return Duration.ofNanos(nanoTime.getAsLong() - begun);
    }

    /** The limit counts from now on. */
    void countFromNow() {
        deadline = nanoTime.getAsLong() + limit.toNanos();
    }

    void stop() {
        if (!stopped) {
            stopped = true;
            stoppedAt = nanoTime.getAsLong();
        }
    }

    void go() {
        if (stopped) {
            stopped = false;
            deadline += nanoTime.getAsLong() - stoppedAt;
        }
    }
}
