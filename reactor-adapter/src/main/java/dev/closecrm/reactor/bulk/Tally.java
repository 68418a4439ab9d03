package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkSummary;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Counts a run's results. Holds single indexes only as far as results overtake each other. */
final class Tally {

    private final Map<DeleteOutcome.Kind, Long> counts = new EnumMap<>(DeleteOutcome.Kind.class);
    private final Set<Long> aboveWatermark = new HashSet<>();
    private long watermark;
    private long nextIndex;

    synchronized void add(long index, DeleteOutcome outcome) {
        counts.merge(outcome.kind(), 1L, Long::sum);
        nextIndex = Math.max(nextIndex, index + 1);
        aboveWatermark.add(index);
        while (aboveWatermark.remove(watermark)) {
            watermark++;
        }
    }

    synchronized BulkSummary summary() {
        return new BulkSummary(
                count(DeleteOutcome.Kind.DELETED),
                count(DeleteOutcome.Kind.NOT_FOUND),
                count(DeleteOutcome.Kind.FAILED),
                count(DeleteOutcome.Kind.NOT_ATTEMPTED),
                count(DeleteOutcome.Kind.DUPLICATE),
                nextIndex,
                watermark);
    }

    private long count(DeleteOutcome.Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }
}
