package dev.closecrm.core.engine.quota;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An even rate: one that was asked for, or one that is looked for because the service refuses without telling its limit.
 *
 * @param rate requests per nanosecond
 * @param fixed whether it stays as it is
 * @param nextAt when the next request may go
 * @param cleanSince since when there was neither a refusal nor a change of the rate
 * @param stop the wait after a refusal
 */
record Throttle(double rate, boolean fixed, long nextAt, long cleanSince, Stop stop) {

    /** One that is late may be caught up so far; timers are not exact. */
    private static final long CATCH_UP = 20_000_000L;

    private static final double FASTEST = 1e-4;
    private static final double SLOWEST = 1e-10;

    static Throttle fixed(double perSecond) {
        return new Throttle(perSecond / 1e9, true, Long.MIN_VALUE, 0, Stop.NONE);
    }

    /** Half of the rate at which requests left when the service began to refuse. */
    static Throttle half(double rate, long now) {
        return new Throttle(Math.min(FASTEST / 2, Math.max(SLOWEST, rate / 2)), false, now, now, Stop.NONE);
    }

    /** So fast that it is none. */
    boolean open() {
        return !fixed && rate >= FASTEST;
    }

    long opensAt(long now, boolean interactive) {
        // A rate that was asked for holds for all.
        return Math.max(stop.until(), interactive && !fixed ? now : nextAt);
    }

    Throttle sent(long now) {
        return new Throttle(rate, fixed, Math.max(nextAt, now - CATCH_UP) + (long) (1 / rate), cleanSince, stop);
    }

    Throttle answered(long now) {
        boolean faster = !fixed && now - cleanSince >= Edge.SECOND;
        return new Throttle(faster ? rate * 1.05 : rate, fixed, nextAt, faster ? now : cleanSince, stop.answered());
    }

    Throttle refused(
            long sentAt, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter, LongSupplier dice) {
        Stop longer = stop.longer(sentAt, now, Stop.asked(reading, retryAfter), 0, dice);
        // Those that were under way when it was stopped say nothing new.
        boolean slower = !fixed && stop.over(now) && stop.total() > 0;
        return new Throttle(slower ? Math.max(SLOWEST, rate * 0.7) : rate, fixed, nextAt, longer.until(), longer);
    }
}
