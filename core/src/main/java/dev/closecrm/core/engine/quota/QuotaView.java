package dev.closecrm.core.engine.quota;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about the quota at a moment, for people and for meters.
 *
 * @param keys of each key
 * @param organisation of all together
 */
public record QuotaView(List<Line> keys, Line organisation) {

    /** How requests are let go. */
    public enum Mode {
        /** Nothing is known yet. */
        COLD,
        /** No limit is known: all go at once. */
        UNPACED,
        /** Nobody else uses this quota. */
        ALONE,
        /** Others use it too. */
        SHARED,
        /** It grows all the time, not window by window. */
        CONTINUOUS,
        /** An even rate: the one asked for, or one that is looked for because refusals tell no limit. */
        EVEN,
        /** The key is not used any more. */
        REMOVED
    }

    /**
     * One limit.
     *
     * @param limit the requests per window, or -1 if it is not known
     * @param remaining how many of them are certainly left, or -1 if that is not known
     * @param nanosUntilEnd how long the window certainly lasts no longer than, or -1 if that is not known
     * @param refusals how many requests it has refused
     * @param mode how requests are let go
     */
    public record Line(int limit, long remaining, long nanosUntilEnd, long refusals, Mode mode) {}

    static QuotaView of(Keys keys, long now) {
        Throttle pace = keys.pace();
        Line all = pace == null
                ? line(keys.organisation(), now, Mode.UNPACED)
                : new Line(-1, -1, -1, pace.stop().total(), Mode.EVEN);
        return new QuotaView(
                keys.keys().stream()
                        .map(key -> pace == null || key.removed() ? line(key, now) : new Line(-1, -1, -1, 0, Mode.EVEN))
                        .toList(),
                all);
    }

    private static Line line(Key key, long now) {
        Throttle throttle = key.throttle();
        if (throttle != null) {
            return new Line(-1, -1, -1, throttle.stop().total(), Mode.EVEN);
        }
        Mode unknown = key.removed() ? Mode.REMOVED : key.probe().done() ? Mode.UNPACED : Mode.COLD;
        return line(key.ledger(), now, unknown);
    }

    private static Line line(@Nullable Ledger ledger, long now, Mode unknown) {
        if (ledger == null) {
            return new Line(-1, -1, -1, 0, unknown);
        }
        boolean ended = ledger.edge().known() && now >= ledger.edge().hi();
        long end = ledger.edge().known() && !ended ? ledger.edge().hi() - now : -1;
        long left = ended ? -1 : Math.max(0, ledger.count().certain());
        return new Line(ledger.limit(), left, end, ledger.stop().total(), mode(ledger));
    }

    private static Mode mode(Ledger ledger) {
        if (ledger.flow() != null) {
            return Mode.CONTINUOUS;
        }
        return ledger.claim().contended() ? Mode.SHARED : Mode.ALONE;
    }
}
