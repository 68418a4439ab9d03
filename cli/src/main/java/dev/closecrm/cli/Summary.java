package dev.closecrm.cli;

import dev.closecrm.core.DeleteOutcome;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts how the inputs ended, and says it in one line. */
final class Summary {

    private final Map<DeleteOutcome.Kind, Long> counts = new EnumMap<>(DeleteOutcome.Kind.class);

    void add(DeleteOutcome.Kind kind) {
        counts.merge(kind, 1L, Long::sum);
    }

    long count(DeleteOutcome.Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /** The line. The rate is that of contacts deleted. */
    String line(Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        double rate = seconds > 0 ? count(DeleteOutcome.Kind.DELETED) / seconds : 0;
        return String.format(
                Locale.ROOT,
                "deleted=%d not_found=%d failed=%d not_attempted=%d duplicate=%d elapsed=%.2fs rate=%.1f/s",
                count(DeleteOutcome.Kind.DELETED),
                count(DeleteOutcome.Kind.NOT_FOUND),
                count(DeleteOutcome.Kind.FAILED),
                count(DeleteOutcome.Kind.NOT_ATTEMPTED),
                count(DeleteOutcome.Kind.DUPLICATE),
                seconds,
                rate);
    }
}
