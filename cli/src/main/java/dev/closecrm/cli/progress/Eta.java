package dev.closecrm.cli.progress;

import dev.closecrm.core.QuotaSnapshot;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How long a run still takes: by its speed so far and by what the quota allows, whichever is longer. The quota matters most in the
 * beginning, when the first window's requests go out at once and the speed promises far too much.
 */
public final class Eta {

    private static final int TOO_FEW = 5;

    private final double share;
    private final @Nullable Double rate;
    // Answers tell when a window ends and not how long it is; just after the change of windows, that is the same.
    private Duration longestSeen = Duration.ZERO;
    // Until then there were no results: connections were opened, and the JVM had to warm up.
    private Duration idle = Duration.ZERO;

    /**
     * Knows how the quota is used.
     *
     * @param share the part of it that the run uses
     * @param rate the deletes per second that the run sends whatever the quota, or null
     */
    public Eta(double share, @Nullable Double rate) {
        this.share = share;
        this.rate = rate;
    }

    /**
     * Estimates.
     *
     * @param left how many inputs are left
     * @param done how many this run has done
     * @return the time, or null if nothing is known yet
     */
    @Nullable Duration estimate(long left, long done, Duration elapsed, QuotaSnapshot quota, Instant now) {
        if (left == 0) {
            return Duration.ZERO;
        }
        if (done == 0) {
            idle = elapsed;
        }
        Double byQuota = rate == null ? secondsByQuota(left, quota, now) : Double.valueOf(left / rate);
        Double bySpeed = done < TOO_FEW ? null : Double.valueOf(left * seconds(elapsed.minus(idle)) / done);
        if (byQuota == null && bySpeed == null) {
            return null;
        }
        double longer = Math.max(byQuota == null ? 0 : byQuota, bySpeed == null ? 0 : bySpeed);
        return Duration.ofMillis(Math.round(longer * 1000));
    }

    private @Nullable Double secondsByQuota(long left, QuotaSnapshot quota, Instant now) {
        Long limit = quota.limit();
        Long remaining = quota.remaining();
        Instant end = quota.windowEnd();
        if (limit == null || limit == 0 || remaining == null || end == null) {
            return null;
        }
        Duration toEnd = end.isAfter(now) ? Duration.between(now, end) : Duration.ZERO;
        if (toEnd.compareTo(longestSeen) > 0) {
            longestSeen = toEnd;
        }
        long later = left - remaining;
        return later <= 0 ? null : Double.valueOf(seconds(toEnd) + later / (limit * share) * seconds(longestSeen));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
