package dev.closecrm.reactor.quota;

import java.time.Duration;

/**
 * The answer to a demand: some permits, or how long to wait. Each permit is good for one request. Made by {@link #granted} and
 * {@link #later}.
 *
 * @param firstPermit the number of the first permit; the others have the numbers that follow. No number is used twice for an account
 * @param permits how many there are; 0 if the client has to wait
 * @param validFor for how long they may be used, counted by the client from when it asked, since it cannot know when the answer
 *     was made. What is not used by then is reported as {@link QuotaReport.End#UNUSED}
 * @param again if there are none: when to ask again. The client waits for no less than 1 ms and no more than 1 min
 */
public record QuotaLease(long firstPermit, int permits, Duration validFor, Duration again) {

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if a number or a time is negative, or there are permits that are not valid for any time
     */
    public QuotaLease {
        if (permits < 0 || again.isNegative() || validFor.isNegative()) {
            throw new IllegalArgumentException(
                    "neither the number of permits nor a time may be negative, but there are " + permits
                            + ", valid for " + validFor + ", or to ask again in " + again);
        }
        if (permits > 0 && validFor.isZero()) {
            throw new IllegalArgumentException("the permits of a lease must be valid for some time");
        }
    }

    /**
     * Some permits.
     *
     * @param firstPermit the number of the first one
     * @param permits how many, at least 1; fewer than were asked for if no more are left
     * @param validFor for how long: some times what the store needs to answer, and little compared to a window
     * @return the lease
     */
    public static QuotaLease granted(long firstPermit, int permits, Duration validFor) {
        if (permits < 1) {
            throw new IllegalArgumentException("at least 1 permit must be granted, but there are " + permits);
        }
        return new QuotaLease(firstPermit, permits, validFor, Duration.ZERO);
    }

    /**
     * None now.
     *
     * @param again when to ask again
     * @return the lease
     */
    public static QuotaLease later(Duration again) {
        return new QuotaLease(0, 0, Duration.ZERO, again);
    }
}
