package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkSummary;
import java.util.List;
import java.util.function.LongSupplier;

/** Counts a run's results, and knows which items need not be sent again. */
final class Tally {

    private final long[] counts = new long[DeleteOutcome.Kind.values().length];
    private final EndedIndexes ended = new EndedIndexes();
    private long results;

    /**
     * How far a run is.
     *
     * @param results how many items have ended
     * @param summary counts and positions
     * @param above what has ended above the watermark
     */
    record Reading(long results, BulkSummary summary, List<IndexRange> above) {}

    synchronized void add(long index, DeleteOutcome outcome) {
        counts[outcome.kind().ordinal()]++;
        results++;
        if (isFinal(outcome)) {
            ended.add(index);
        }
    }

    /** What was never sent is reported, and has to be sent by whoever resumes the run. */
    private static boolean isFinal(DeleteOutcome outcome) {
        return outcome instanceof DeleteOutcome.Duplicate duplicate
                ? isFinal(duplicate.outcome())
                : outcome.kind() != DeleteOutcome.Kind.NOT_ATTEMPTED;
    }

    /**
     * Counts and positions.
     *
     * @param pulled how many items have been taken from the source, asked after the results are counted
     */
    synchronized BulkSummary summary(LongSupplier pulled) {
        return new BulkSummary(
                count(DeleteOutcome.Kind.DELETED),
                count(DeleteOutcome.Kind.NOT_FOUND),
                count(DeleteOutcome.Kind.FAILED),
                count(DeleteOutcome.Kind.NOT_ATTEMPTED),
                count(DeleteOutcome.Kind.DUPLICATE),
                pulled.getAsLong(),
                ended.watermark());
    }

    synchronized Reading reading(LongSupplier pulled) {
        return new Reading(results, summary(pulled), ended.above());
    }

    private long count(DeleteOutcome.Kind kind) {
        return counts[kind.ordinal()];
    }
}
