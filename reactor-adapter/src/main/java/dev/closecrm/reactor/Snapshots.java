package dev.closecrm.reactor;

import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.engine.quota.QuotaView;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Puts what the quota book knows into words for users: moments of the wall clock in place of nanoseconds. */
final class Snapshots {

    private Snapshots() {}

    static QuotaSnapshot of(QuotaView view, Duration waited, Instant now) {
        QuotaView.Line all = view.organisation();
        boolean shown = all.limit() >= 0 || all.refusals() > 0;
        return new QuotaSnapshot(
                view.keys().stream().map(line -> limit(line, now)).toList(), shown ? limit(all, now) : null, waited);
    }

    private static QuotaSnapshot.Limit limit(QuotaView.Line line, Instant now) {
        return new QuotaSnapshot.Limit(
                line.limit() < 0 ? null : Integer.valueOf(line.limit()),
                line.remaining() < 0 ? null : Long.valueOf(line.remaining()),
                end(line, now),
                line.refusals(),
                line.pacing());
    }

    private static @Nullable Instant end(QuotaView.Line line, Instant now) {
        return line.nanosUntilEnd() < 0 ? null : now.plusNanos(line.nanosUntilEnd());
    }
}
