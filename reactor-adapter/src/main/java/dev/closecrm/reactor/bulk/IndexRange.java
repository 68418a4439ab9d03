package dev.closecrm.reactor.bulk;

/**
 * Indexes of items that follow each other.
 *
 * @param first the first
 * @param last the last, at least the first
 */
public record IndexRange(long first, long last) {

    /** Refuses one that is empty. */
    public IndexRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("no range of indexes: from " + first + " to " + last);
        }
    }
}
