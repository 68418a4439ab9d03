package dev.closecrm.cli;

import dev.closecrm.core.DeleteOutcome;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Counts how the inputs ended, and says it in one line. */
final class Summary {

    private final Map<DeleteOutcome.Kind, Long> counts = new EnumMap<>(DeleteOutcome.Kind.class);
    private long earlier;
    private long deletedEarlier;

    void add(DeleteOutcome.Kind kind) {
        counts.merge(kind, 1L, Long::sum);
    }

    /**
     * Adds what had its last result before this run sent anything.
     *
     * @param byEarlierRuns how many of them: the others are repetitions that this run has found
     */
    void addSettled(Map<DeleteOutcome.Kind, Long> settled, long byEarlierRuns) {
        settled.forEach((kind, count) -> counts.merge(kind, count, Long::sum));
        earlier += byEarlierRuns;
        deletedEarlier += settled.getOrDefault(DeleteOutcome.Kind.DELETED, 0L);
    }

    long count(DeleteOutcome.Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /** How many of all were done by earlier runs. */
    long earlier() {
        return earlier;
    }

    /** The line. The rate is that of contacts deleted by this run. */
    String line(Duration elapsed) {
        return String.format(
                Locale.ROOT,
                "deleted=%d not_found=%d failed=%d not_attempted=%d duplicate=%d elapsed=%.2fs rate=%.1f/s",
                count(DeleteOutcome.Kind.DELETED),
                count(DeleteOutcome.Kind.NOT_FOUND),
                count(DeleteOutcome.Kind.FAILED),
                count(DeleteOutcome.Kind.NOT_ATTEMPTED),
                count(DeleteOutcome.Kind.DUPLICATE),
                seconds(elapsed),
                rate(elapsed));
    }

    /** The same as names and values. */
    Map<String, Object> values(Duration elapsed) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (DeleteOutcome.Kind kind : DeleteOutcome.Kind.values()) {
            values.put(kind.name().toLowerCase(Locale.ROOT), count(kind));
        }
        values.put("done_earlier", earlier);
        values.put("elapsed_ms", elapsed.toMillis());
        values.put("deleted_per_second", Math.round(rate(elapsed) * 10) / 10.0);
        return values;
    }

    private double rate(Duration elapsed) {
        double seconds = seconds(elapsed);
        return seconds > 0 ? (count(DeleteOutcome.Kind.DELETED) - deletedEarlier) / seconds : 0;
    }

    private static double seconds(Duration elapsed) {
        return elapsed.toNanos() / 1e9;
    }
}
