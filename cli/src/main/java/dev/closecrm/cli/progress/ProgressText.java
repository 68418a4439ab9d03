package dev.closecrm.cli.progress;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.reactor.bulk.BulkProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is, in words: as a bar that fits into a width, and as a line for a log.
 *
 * @param total the inputs of the whole list
 * @param earlier what earlier runs have done of them
 * @param progress what this run reports
 * @param left how long it still takes, or null if that is not known
 */
record ProgressText(
        long total,
        Map<DeleteOutcome.Kind, Long> earlier,
        BulkProgress progress,
        @Nullable Duration left) {

    private static final int WIDEST_BAR = 30;
    private static final int NARROWEST_BAR = 10;

    /** Part of the bar's line. */
    private record Part(String text, UnaryOperator<String> colour, int importance) {}

    long done() {
        BulkSummary summary = progress.summary();
        return sum(earlier)
                + summary.deleted()
                + summary.notFound()
                + summary.failed()
                + summary.notAttempted()
                + summary.duplicates();
    }

    static long sum(Map<DeleteOutcome.Kind, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private long withEarlier(DeleteOutcome.Kind kind, long now) {
        return earlier.getOrDefault(kind, 0L) + now;
    }

    private long deleted() {
        return withEarlier(DeleteOutcome.Kind.DELETED, progress.summary().deleted());
    }

    private long notFound() {
        return withEarlier(DeleteOutcome.Kind.NOT_FOUND, progress.summary().notFound());
    }

    private long duplicates() {
        return withEarlier(DeleteOutcome.Kind.DUPLICATE, progress.summary().duplicates());
    }

    private int percent() {
        return total == 0 ? 100 : (int) (done() * 100 / total);
    }

    /** A bar with what is most important beside it, in fewer columns than there are, so that no terminal breaks the line. */
    String bar(int columns, Palette palette) {
        List<Part> parts = parts(palette);
        String count = String.format(Locale.ROOT, "%3d%% %d/%d", percent(), done(), total);
        int room = columns - 1 - count.length();
        while (!parts.isEmpty() && width(parts) > room) {
            parts.remove(leastImportant(parts));
        }
        int forBar = Math.min(WIDEST_BAR, room - width(parts) - 3);
        StringBuilder line = new StringBuilder();
        if (forBar >= NARROWEST_BAR) {
            line.append(drawn(forBar)).append(' ');
        }
        line.append(count.length() < columns ? count : count.substring(0, Math.max(0, columns - 1)));
        for (Part part : parts) {
            line.append("  ").append(part.colour().apply(part.text()));
        }
        return line.toString();
    }

    private String drawn(int width) {
        int filled = total == 0 ? width : (int) (done() * width / total);
        String head = filled == 0 || filled == width ? "" : ">";
        return "[" + "=".repeat(filled - head.length()) + head + " ".repeat(width - filled) + "]";
    }

    private List<Part> parts(Palette palette) {
        BulkSummary summary = progress.summary();
        UnaryOperator<String> plain = text -> text;
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(perSecond(), plain, 1));
        if (left != null) {
            parts.add(new Part("ETA " + clock(left), plain, 4));
        }
        add(parts, "deleted", deleted(), palette::good, 3);
        add(parts, "not found", notFound(), plain, 2);
        add(parts, "failed", summary.failed(), palette::bad, 5);
        add(parts, "duplicate", duplicates(), plain, 0);
        String waiting = waiting();
        if (waiting != null) {
            parts.add(new Part(waiting, palette::waiting, 6));
        }
        return parts;
    }

    private static void add(List<Part> parts, String name, long count, UnaryOperator<String> colour, int importance) {
        if (count > 0) {
            parts.add(new Part(name + " " + count, colour, importance));
        }
    }

    private static int width(List<Part> parts) {
        return parts.stream().mapToInt(part -> 2 + part.text().length()).sum();
    }

    private static int leastImportant(List<Part> parts) {
        int least = 0;
        for (int i = 1; i < parts.size(); i++) {
            if (parts.get(i).importance() < parts.get(least).importance()) {
                least = i;
            }
        }
        return least;
    }

    /** A line for a log. */
    String line() {
        BulkSummary summary = progress.summary();
        StringBuilder line = new StringBuilder();
        line.append(done())
                .append(" of ")
                .append(total)
                .append(" (")
                .append(percent())
                .append("%), ");
        line.append(perSecond());
        if (left != null) {
            line.append(", ").append(clock(left)).append(" left");
        }
        line.append("; deleted ").append(deleted());
        line.append(", not found ").append(notFound());
        line.append(", failed ").append(summary.failed());
        String waiting = waiting();
        return waiting == null
                ? line.toString()
                : line.append("; ").append(waiting).toString();
    }

    private String perSecond() {
        return String.format(Locale.ROOT, "%.1f/s", progress.perSecond());
    }

    private @Nullable String waiting() {
        Duration wait = progress.waitLeft();
        return switch (progress.waitingFor()) {
            case QUOTA -> wait.isZero() ? "waiting for quota" : "waiting for quota " + inSeconds(wait);
            case OUTAGE ->
                wait.isZero() ? "service is down, trying it" : "service is down, next probe in " + inSeconds(wait);
            case ANSWERS, ITEMS, DEMAND -> null;
        };
    }

    /** Rounded up, so that a countdown ends with 1. */
    private static String inSeconds(Duration wait) {
        return Math.max(1, (wait.toMillis() + 999) / 1000) + " s";
    }

    /** As 0:07, 12:30 or 3:05:00. */
    static String clock(Duration time) {
        long seconds = (time.toMillis() + 999) / 1000;
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
