package dev.closecrm.core.error;

/**
 * What a failed call may have done to the contact, over all of its attempts. Ordered from harmless to doubtful, so that the
 * larger of two is what both together may have done.
 */
public enum Delivery {
    /** No request left this machine whole, or the service said that it did not look at it: nothing was deleted. */
    NOT_SENT,
    /** The service answered every request, and each answer says that nothing was deleted. */
    NOT_APPLIED,
    /** At least one request may have been acted upon: the contact may or may not be there. */
    UNKNOWN;

    /**
     * What two attempts together may have done.
     *
     * @param other what the other attempt may have done
     * @return the more doubtful of the two
     */
    public Delivery and(Delivery other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
