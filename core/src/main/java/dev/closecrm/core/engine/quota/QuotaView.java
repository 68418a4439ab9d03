package dev.closecrm.core.engine.quota;

import dev.closecrm.core.QuotaSnapshot.Pacing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about the quota at a moment, for people and for meters.
 *
 * @param keys of each key
 * @param organisation of all together
 */
public record QuotaView(List<Line> keys, Line organisation) {

    /**
     * One limit.
     *
     * @param limit the requests per window, or -1 if it is not known
     * @param remaining how many of them are certainly left, or -1 if that is not known
     * @param nanosUntilEnd how long the window certainly lasts no longer than, or -1 if that is not known
     * @param refusals how many requests it has refused
     * @param pacing how requests are let go
     */
    public record Line(int limit, long remaining, long nanosUntilEnd, long refusals, Pacing pacing) {}

    static QuotaView of(Keys keys, long now) {
        Throttle pace = keys.pace();
        Line all = pace == null
                ? line(keys.organisation(), now, Pacing.UNLIMITED)
                : new Line(-1, -1, -1, pace.stop().total(), Pacing.EVEN);
        return new QuotaView(
                keys.keys().stream()
                        .map(key ->
                                pace == null || key.removed() ? line(key, now) : new Line(-1, -1, -1, 0, Pacing.EVEN))
                        .toList(),
                all);
    }

    private static Line line(Key key, long now) {
        Throttle throttle = key.throttle();
        if (throttle != null) {
            return new Line(-1, -1, -1, throttle.stop().total(), Pacing.EVEN);
        }
        Pacing unknown = key.removed() ? Pacing.REMOVED : key.probe().done() ? Pacing.UNLIMITED : Pacing.COLD;
        return line(key.ledger(), now, unknown);
    }

    private static Line line(@Nullable Ledger ledger, long now, Pacing unknown) {
        if (ledger == null) {
            return new Line(-1, -1, -1, 0, unknown);
        }
        boolean ended = ledger.edge().known() && now >= ledger.edge().hi();
        long end = ledger.edge().known() && !ended ? ledger.edge().hi() - now : -1;
        long left = ended ? -1 : Math.max(0, ledger.count().certain());
        return new Line(ledger.limit(), left, end, ledger.stop().total(), pacing(ledger));
    }

    private static Pacing pacing(Ledger ledger) {
        if (ledger.flow() != null) {
            return Pacing.CONTINUOUS;
        }
        return ledger.claim().contended() ? Pacing.SHARED : Pacing.ALONE;
    }
}
