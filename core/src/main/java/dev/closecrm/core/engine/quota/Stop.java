package dev.closecrm.core.engine.quota;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The wait after a refusal.
 *
 * @param until nothing goes before this moment
 * @param total how many refusals there were
 * @param row how many waits in a row were followed by another refusal
 * @param recent whether there was one in this window
 */
record Stop(long until, long total, int row, boolean recent) {

    static final Stop NONE = new Stop(Long.MIN_VALUE, 0, 0, false);

    private static final Duration UNKNOWN = Duration.ofSeconds(2);
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final long SHORTEST = 50_000_000L;
    private static final long MOST_JITTER = 100_000_000L;

    /** What the service asks for, as far as it can be believed; nanoseconds. */
    static long asked(@Nullable QuotaReading reading, @Nullable Duration retryAfter) {
        if (reading == null || reading.reset() == null) {
            return bounded(retryAfter == null ? UNKNOWN : retryAfter);
        }
        Duration reset = reading.reset();
        if (reading.exact() && (retryAfter == null || near(reset, retryAfter))) {
            return bounded(reset);
        }
        // A header in whole seconds may have been rounded down.
        return bounded(retryAfter == null ? Duration.ofNanos(bounded(reset)).plusSeconds(1) : retryAfter);
    }

    private static boolean near(Duration one, Duration other) {
        return Math.abs(bounded(one) - bounded(other)) <= Edge.SECOND;
    }

    private static long bounded(Duration wait) {
        return wait.isNegative() ? 0 : (wait.compareTo(LONGEST) > 0 ? LONGEST : wait).toNanos();
    }

    boolean over(long now) {
        return now >= until;
    }

    /** One more, for a request sent then; a wait that did not help is doubled. */
    Stop longer(long sentAt, long now, long wait, long window, LongSupplier dice) {
        int waits = total > 0 && sentAt >= until ? Math.min(row + 1, 11) : row;
        long least = waits == 0 ? 0 : SHORTEST << (waits - 1);
        long spread = window == 0 ? MOST_JITTER : Math.min(MOST_JITTER, window / 50);
        long jitter = (long) (spread * ((dice.getAsLong() >>> 11) * 0x1.0p-53));
        return new Stop(Math.max(until, now + Math.max(wait, least) + jitter), total + 1, waits, true);
    }

    Stop answered() {
        return row == 0 ? this : new Stop(until, total, 0, recent);
    }

    Stop nextWindow() {
        return recent ? new Stop(until, total, row, false) : this;
    }
}
