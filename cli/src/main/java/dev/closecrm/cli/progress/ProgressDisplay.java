package dev.closecrm.cli.progress;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.reactor.bulk.BulkProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Shows how far a run is: as a bar on a terminal, as a line every few seconds elsewhere. */
public final class ProgressDisplay implements Consumer<BulkProgress> {

    private static final Duration BETWEEN_BARS = Duration.ofMillis(200);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

    /** A terminal shows a Ctrl-C behind the bar, as ^C, and must not break the line for it. */
    private static final int FOR_ECHO = 2;

    private final Screen screen;
    private final boolean asBar;
    private final IntSupplier columns;
    private final Palette palette;
    private final long total;
    private final Map<DeleteOutcome.Kind, Long> earlier;
    private final Eta eta;
    private final Supplier<QuotaSnapshot> quota;
    private Duration lastLine = Duration.ZERO;
    private boolean ended;

    /**
     * Prepares a display.
     *
     * @param asBar whether there is a terminal to draw on
     * @param columns how wide it is
     * @param total the inputs of the whole list
     * @param earlier what earlier runs have done of them
     */
    public ProgressDisplay(
            Screen screen,
            boolean asBar,
            IntSupplier columns,
            Palette palette,
            long total,
            Map<DeleteOutcome.Kind, Long> earlier,
            Eta eta,
            Supplier<QuotaSnapshot> quota) {
        this.screen = screen;
        this.asBar = asBar;
        this.columns = columns;
        this.palette = palette;
        this.total = total;
        this.earlier = Map.copyOf(earlier);
        this.eta = eta;
        this.quota = quota;
    }

    /** How often it wants to be told. */
    public Duration interval() {
        return asBar ? BETWEEN_BARS : BETWEEN_LINES;
    }

    @Override
    public synchronized void accept(BulkProgress progress) {
        if (ended) {
            return;
        }
        ProgressText counted = new ProgressText(total, earlier, progress, null);
        long done = counted.done();
        if (asBar || lineIsDue(progress.elapsed())) {
            long doneNow = done - ProgressText.sum(earlier);
            Duration left = eta.estimate(total - done, doneNow, progress.elapsed(), quota.get(), Instant.now());
            ProgressText text = new ProgressText(total, earlier, progress, left);
            if (asBar) {
                screen.bar(text.bar(columns.getAsInt() - FOR_ECHO, palette));
            } else {
                screen.line(text.line());
            }
        }
    }

    /** The last report of a run comes at any time, and its summary says the same. */
    private boolean lineIsDue(Duration elapsed) {
        if (elapsed.minus(lastLine).compareTo(BETWEEN_LINES.minusMillis(500)) < 0) {
            return false;
        }
        lastLine = elapsed;
        return true;
    }

    /** Takes the bar away. What is reported after it is not shown any more: the listener may be late. */
    public synchronized void end() {
        ended = true;
        screen.noBar();
    }
}
