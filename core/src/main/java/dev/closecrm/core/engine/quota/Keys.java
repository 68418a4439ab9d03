package dev.closecrm.core.engine.quota;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * All keys, and the organisation that they belong to. A request needs room in the ledger of its key and in that of the
 * organisation.
 *
 * @param keys the keys
 * @param organisation the limit of all together, if one is known
 * @param pace the rate of all together, if one was asked for
 * @param share which part of each limit is used
 * @param free whether nothing at all would make a request wait
 */
record Keys(
        List<Key> keys,
        @Nullable Ledger organisation,
        @Nullable Throttle pace,
        double share,
        boolean free) {

    static final long NEVER = Long.MAX_VALUE;

    /** A ledger that is not seen for so many windows, while another one is, does not hold any more. */
    private static final int WINDOWS_UNSEEN = 3;

    private static final long UNKNOWN_WINDOW = 10 * Edge.SECOND;

    Keys(List<Key> keys, @Nullable Ledger organisation, @Nullable Throttle pace, double share) {
        this(List.copyOf(keys), organisation, pace, share, organisation == null && pace == null && allFree(keys));
    }

    private static boolean allFree(List<Key> keys) {
        boolean any = false;
        for (Key key : keys) {
            if (!key.removed() && !key.free()) {
                return false;
            }
            any |= !key.removed();
        }
        return any;
    }

    static Keys unknown(int count, double share) {
        return new Keys(IntStream.range(0, count).mapToObj(i -> Key.NEW).toList(), null, null, share);
    }

    static Keys paced(int count, double perSecond) {
        return new Keys(
                IntStream.range(0, count).mapToObj(i -> Key.NEW.opened()).toList(), null, Throttle.fixed(perSecond), 1);
    }

    /** Nothing is asked and nothing waits. */
    static Keys open(int count) {
        return new Keys(
                IntStream.range(0, count).mapToObj(i -> Key.NEW.opened()).toList(), null, null, 1);
    }

    /** Where nothing waits: the next key in turn, or less than 0 if the wanted one is not used any more. */
    int next(int wanted, long turn) {
        if (wanted >= 0) {
            return keys.get(wanted).removed() ? -1 : wanted;
        }
        int key = (int) (turn % keys.size());
        while (keys.get(key).removed()) {
            key = (key + 1) % keys.size();
        }
        return key;
    }

    /** Whether something has ended by then, so that {@link #at} is another state. */
    boolean endsBy(long now) {
        if (organisation != null && organisation.endsBy(now)) {
            return true;
        }
        for (Key key : keys) {
            if (key.endsBy(now)) {
                return true;
            }
        }
        return false;
    }

    Keys at(long now, LongSupplier dice) {
        return endsBy(now)
                ? new Keys(
                        keys.stream().map(key -> key.at(now, dice)).toList(),
                        organisation == null ? null : organisation.at(now, dice),
                        pace,
                        share)
                : this;
    }

    /** Which key the next request uses, or less than 0 if none may go. */
    int choose(int wanted, long turn, long now, boolean interactive) {
        int best = -1;
        for (int i = 0; i < keys.size(); i++) {
            int key = (int) ((turn + i) % keys.size());
            boolean eligible = (wanted < 0 || wanted == key) && opensAt(key, now, interactive) <= now;
            if (eligible && (best < 0 || keys.get(key).left() > keys.get(best).left())) {
                best = key;
            }
        }
        return best;
    }

    /** When a request may go, or {@link #NEVER}. */
    long opensAt(int wanted, long now, boolean interactive) {
        if (wanted < 0) {
            long first = NEVER;
            for (int i = 0; i < keys.size(); i++) {
                first = Math.min(first, opensAt(i, now, interactive));
            }
            return first;
        }
        Key key = keys.get(wanted);
        if (key.removed()) {
            return NEVER;
        }
        long opens = key.opensAt(now, interactive, share);
        opens = organisation == null ? opens : Math.max(opens, organisation.opensAt(now, interactive, share));
        return pace == null ? opens : Math.max(opens, pace.opensAt(now, interactive));
    }

    /**
     * One more was sent.
     *
     * @param before how many had been. A ledger may know of fewer: some may have left in the moment in which it was begun.
     */
    Keys sent(int key, long now, Sent before) {
        return changed(
                key,
                keys.get(key).sent(now, before.ofKey()),
                organisation == null ? null : organisation.sent(now, before.all()),
                pace == null ? null : pace.sent(now));
    }

    /** One that nobody here was asked for. */
    Keys counted(int key, long now, Sent before) {
        return changed(
                key,
                keys.get(key).counted(now, before.ofKey()),
                organisation == null ? null : organisation.sent(now, before.all()),
                pace);
    }

    Keys notSent(Sending sending) {
        return changed(
                sending.key(),
                keys.get(sending.key()).notSent(sending.ofKey()),
                organisation == null ? null : organisation.notSent(sending.sequence()),
                pace);
    }

    Keys silent(Sending sending, long now, boolean answered) {
        return changed(
                sending.key(),
                keys.get(sending.key()).silent(now, answered),
                organisation == null ? null : organisation.silent(),
                pace == null || !answered ? pace : pace.answered(now));
    }

    Keys removed(int key) {
        return with(key, keys.get(key).gone());
    }

    /** How many requests were sent so far, with the key and in all. */
    record Sent(long ofKey, long all) {}

    Keys answered(Sending sending, long now, QuotaReading reading, Sent sent, LongSupplier dice) {
        if (pace != null) {
            return new Keys(keys, organisation, pace.answered(now), share);
        }
        if (keys.get(sending.key()).removed()) {
            return silent(sending, now, true);
        }
        Keys placed = place(sending, now, reading, sent, dice);
        Key key = placed.keys.get(sending.key());
        if (placed.isOrganisation(reading, key)) {
            Ledger ledger = placed.organisation;
            return ledger == null
                    ? placed
                    : new Keys(
                                    placed.keys,
                                    ledger.answered(glimpse(sending.sequence(), sending, now, reading), reading, dice),
                                    null,
                                    share)
                            .with(sending.key(), key.silent(now, true));
        }
        Ledger ledger = key.ledger();
        Ledger seen =
                ledger == null ? null : ledger.answered(glimpse(sending.ofKey(), sending, now, reading), reading, dice);
        Ledger all = placed.organisation;
        return new Keys(placed.keys, all == null ? null : all.silent(), null, share)
                .with(sending.key(), key.with(seen));
    }

    Keys refused(
            Sending sending,
            long now,
            @Nullable QuotaReading reading,
            @Nullable Duration retryAfter,
            Sent sent,
            LongSupplier dice) {
        Key key = keys.get(sending.key());
        if (key.removed()) {
            return silent(sending, now, false);
        }
        if (pace != null) {
            return new Keys(keys, organisation, pace.refused(sending.sentAt(), now, reading, retryAfter, dice), share);
        }
        if (reading != null) {
            Keys placed = place(sending, now, reading, sent, dice);
            return placed.stopped(sending, now, reading, retryAfter, dice);
        }
        return key.ledger() != null || organisation != null
                ? stopped(sending, now, null, retryAfter, dice)
                : slowed(sending, now, retryAfter, sent, dice);
    }

    private Keys stopped(
            Sending sending,
            long now,
            @Nullable QuotaReading reading,
            @Nullable Duration retryAfter,
            LongSupplier dice) {
        Key key = keys.get(sending.key());
        Ledger own = key.ledger();
        boolean ofAll = own == null || (reading != null && isOrganisation(reading, key));
        if (ofAll && organisation != null) {
            Ledger stopped = organisation.refused(sending.sequence(), sending.sentAt(), now, reading, retryAfter, dice);
            return new Keys(keys, stopped, pace, share).with(sending.key(), key.silent(now, false));
        }
        if (own == null) {
            return silent(sending, now, false);
        }
        Ledger stopped = own.refused(sending.ofKey(), sending.sentAt(), now, reading, retryAfter, dice);
        return changed(sending.key(), key.with(stopped), organisation == null ? null : organisation.silent(), pace);
    }

    private Keys slowed(Sending sending, long now, @Nullable Duration retryAfter, Sent sent, LongSupplier dice) {
        Key key = keys.get(sending.key());
        Throttle throttle = key.throttle();
        if (throttle == null) {
            double time = Math.max(1_000_000, now - sending.sentAt());
            throttle = Throttle.half((sent.ofKey() - sending.ofKey() + 1) / time, now);
        }
        return with(sending.key(), key.with(throttle.refused(sending.sentAt(), now, null, retryAfter, dice)));
    }

    private static Glimpse glimpse(long number, Sending sending, long now, QuotaReading reading) {
        return new Glimpse(number, sending.sentAt(), Math.max(now, sending.sentAt()), Math.max(0, reading.remaining()));
    }

    // ---- whose limit an answer describes

    private boolean isOrganisation(QuotaReading reading, Key key) {
        return switch (reading.scope()) {
            case KEY -> false;
            case ORGANISATION -> true;
            case UNSAID -> organisation != null && looksLikeOrganisation(reading, key.ledger(), organisation);
        };
    }

    /** The larger of two limits is that of all keys together. */
    private static boolean looksLikeOrganisation(QuotaReading reading, @Nullable Ledger own, Ledger all) {
        int limit = reading.limit();
        if (own == null) {
            return limit >= all.limit();
        }
        return limit != own.limit() && (limit == all.limit() || limit > own.limit());
    }

    /** Sees to it that there is a ledger for the reading. */
    private Keys place(Sending sending, long now, QuotaReading reading, Sent sent, LongSupplier dice) {
        Keys alive = withoutExpired(sending.key(), now, reading);
        Key key = alive.keys.get(sending.key());
        Ledger own = key.ledger();
        Ledger former = key.former();
        if (alive.isOrganisation(reading, key) || alive.mustBeOrganisation(reading)) {
            return alive.organisation != null
                    ? alive
                    : new Keys(
                            alive.keys,
                            Ledger.of(glimpse(sending.sequence(), sending, now, reading), reading, sent.all(), dice),
                            null,
                            share);
        }
        if (own == null) {
            Ledger first = Ledger.of(glimpse(sending.ofKey(), sending, now, reading), reading, sent.ofKey(), dice);
            return alive.with(sending.key(), key.with(first));
        }
        boolean known = own.limit() == reading.limit() || alive.organisation != null;
        if (known || keys.size() > 1 || reading.scope() != QuotaReading.Scope.UNSAID) {
            return alive;
        }
        if (former == null || former.limit() != reading.limit() || expired(former, now)) {
            return alive.with(sending.key(), key.with(own, own));
        }
        // What seemed to have been replaced is there again: there are two limits.
        boolean grown = own.limit() > former.limit();
        Ledger large = grown ? own : former;
        Ledger small = grown ? former : own;
        return new Keys(alive.keys, large, null, share).with(sending.key(), key.with(small, null));
    }

    /** Where there are several keys: a limit that is larger than that of one of them, and not known from any. */
    private boolean mustBeOrganisation(QuotaReading reading) {
        if (reading.scope() != QuotaReading.Scope.UNSAID || organisation != null || keys.size() == 1) {
            return false;
        }
        boolean larger = false;
        for (Key key : keys) {
            Ledger ledger = key.ledger();
            if (ledger != null && ledger.limit() == reading.limit()) {
                return false;
            }
            larger |= ledger != null && ledger.limit() < reading.limit();
        }
        return larger;
    }

    private Keys withoutExpired(int of, long now, QuotaReading reading) {
        Ledger own = keys.get(of).ledger();
        Ledger all = organisation;
        if (own == null || all == null) {
            return this;
        }
        if (reading.limit() == own.limit() && expired(all, now)) {
            return new Keys(keys, null, pace, share);
        }
        return reading.limit() == all.limit() && expired(own, now)
                ? with(of, keys.get(of).with((Ledger) null))
                : this;
    }

    private static boolean expired(Ledger ledger, long now) {
        long window =
                ledger.edge().window() == 0 ? UNKNOWN_WINDOW : ledger.edge().window();
        return now - ledger.mark().receivedAt() > WINDOWS_UNSEEN * window;
    }

    private Keys with(int index, Key key) {
        return changed(index, key, organisation, pace);
    }

    private Keys changed(int index, Key key, @Nullable Ledger all, @Nullable Throttle rate) {
        if (keys.size() == 1) {
            return new Keys(List.of(key), all, rate, share);
        }
        ArrayList<Key> next = new ArrayList<>(keys);
        next.set(index, key);
        return new Keys(next, all, rate, share);
    }
}
