package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkSummary;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Counts a run's results, and knows which items need not be sent again. */
final class Tally {

    private final Map<DeleteOutcome.Kind, Long> counts = new EnumMap<>(DeleteOutcome.Kind.class);
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

    /**
     * Counts a result.
     *
     * @param cutShort whether the run was ending: then a failure that may pass is one because no time was left
     */
    synchronized void add(long index, DeleteOutcome outcome, boolean cutShort) {
        counts.merge(outcome.kind(), 1L, Long::sum);
        results++;
        if (isFinal(outcome, cutShort)) {
            ended.add(index);
        }
    }

    /** What the run left undone is reported, and has to be done by whoever resumes it. */
    private static boolean isFinal(DeleteOutcome outcome, boolean cutShort) {
        return outcome.fold(
                deleted -> true,
                notFound -> true,
                failed -> !cutShort || !failed.error().retryable(),
                notAttempted -> false,
                duplicate -> isFinal(duplicate.outcome(), cutShort));
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
        return counts.getOrDefault(kind, 0L);
    }
}
