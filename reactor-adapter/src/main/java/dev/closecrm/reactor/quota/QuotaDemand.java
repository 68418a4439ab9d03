package dev.closecrm.reactor.quota;

/**
 * What a client needs now.
 *
 * @param permits how many calls could go at once, at least 1; a lease should not be larger
 * @param urgent whether somebody waits for one of them. Such a call should go as soon as there is quota; the items of a bulk run may
 *     be spread over the window
 */
public record QuotaDemand(int permits, boolean urgent) {

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public QuotaDemand {
        if (permits < 1) {
            throw new IllegalArgumentException("a demand is for at least 1 permit, but this one is for " + permits);
        }
    }
}
