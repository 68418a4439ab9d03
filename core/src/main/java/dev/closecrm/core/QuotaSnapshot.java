package dev.closecrm.core;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client knows about its quota at a moment: for dashboards, and for deciding whether to start something large.
 *
 * @param keys of each key, in the order in which they were given; one element for a client with one
 * @param organisation the limit of all keys of the organisation together, or null if no answer has shown it
 * @param waited for how long calls of this client have waited for quota: the time during which at least one did
 */
public record QuotaSnapshot(List<Limit> keys, @Nullable Limit organisation, Duration waited) {

    /** Makes the list unmodifiable. */
    public QuotaSnapshot {
        keys = List.copyOf(keys);
        Objects.requireNonNull(waited, "waited");
    }

    /** How requests are let go. */
    public enum Pacing {
        /** Nothing is known yet: one request goes first. */
        COLD,
        /** No answer has named a limit: all go at once. */
        UNLIMITED,
        /** Nobody else uses this quota: all of it is used. */
        ALONE,
        /** Others use it too, and are left what they use. */
        SHARED,
        /** It grows all the time and not window by window, and is used as it grows. */
        CONTINUOUS,
        /** At an even rate: the one asked for, or one that is looked for because refusals name no limit. */
        EVEN,
        /** Not at all: the service did not accept the key, or it belongs to another organisation. */
        REMOVED
    }

    /**
     * One limit.
     *
     * @param limit the requests per window, or null if it is not known
     * @param remaining how many of them are certainly left, those in flight taken off, or null if that is not known
     * @param windowEnd by when the window has ended, by the clock on the wall, or null if that is not known
     * @param refusals how many requests were refused (429) since the limit is known; not counted with {@link QuotaOptions#none()}
     * @param pacing how requests are let go
     */
    public record Limit(
            @Nullable Integer limit,
            @Nullable Long remaining,
            @Nullable Instant windowEnd,
            long refusals,
            Pacing pacing) {}

    /**
     * The limit of the keys together.
     *
     * @return the requests per window, or null if that of a key in use is not known
     */
    public @Nullable Long limit() {
        return sum(key -> key.limit() == null ? null : Long.valueOf(key.limit()));
    }

    /**
     * What is left of it.
     *
     * @return how many requests are certainly left in this window, or null if that is not known of a key in use
     */
    public @Nullable Long remaining() {
        return sum(Limit::remaining);
    }

    /**
     * By when the windows of all keys have ended.
     *
     * @return the moment, or null if that of a key in use is not known
     */
    public @Nullable Instant windowEnd() {
        Instant last = null;
        for (Limit key : keys) {
            Instant end = key.windowEnd();
            if (key.pacing() == Pacing.REMOVED) {
                continue;
            }
            if (end == null) {
                return null;
            }
            last = last == null || end.isAfter(last) ? end : last;
        }
        return last;
    }

    /**
     * How many requests were refused so far (429).
     *
     * @return of all keys, and for want of the organisation's quota
     */
    public long refusals() {
        long own = keys.stream().mapToLong(Limit::refusals).sum();
        return organisation == null ? own : own + organisation.refusals();
    }

    private @Nullable Long sum(Function<Limit, @Nullable Long> part) {
        long all = 0;
        boolean any = false;
        for (Limit key : keys) {
            if (key.pacing() == Pacing.REMOVED) {
                continue;
            }
            Long its = part.apply(key);
            if (its == null) {
                return null;
            }
            all += its;
            any = true;
        }
        return any ? all : null;
    }
}
