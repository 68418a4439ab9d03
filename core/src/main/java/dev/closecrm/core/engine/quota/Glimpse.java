package dev.closecrm.core.engine.quota;

/**
 * What one answer showed. It was true at some moment between the two times.
 *
 * @param number the request's number among all that the ledger counts
 * @param sentAt when the request left
 * @param receivedAt when the answer came
 * @param remaining how much was left after the request
 */
record Glimpse(long number, long sentAt, long receivedAt, int remaining) {

    /** Whether the other request had been answered before this one left, so that their order is certain. */
    boolean isAfter(Glimpse other) {
        return sentAt >= other.receivedAt;
    }

    /** The same after a later request turned out not to have been counted. */
    Glimpse oneLess() {
        return new Glimpse(number + 1, sentAt, receivedAt, remaining);
    }

    /** In the middle of the two times; the best guess. */
    long middle() {
        return sentAt + (receivedAt - sentAt) / 2;
    }
}
