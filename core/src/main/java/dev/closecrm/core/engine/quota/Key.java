package dev.closecrm.core.engine.quota;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One key.
 *
 * @param removed whether it is not used any more
 * @param probe the request that finds out whether the key has a limit
 * @param ledger its limit, if one is known
 * @param former the limit that was replaced by another one; if it is seen again, both hold
 * @param throttle its rate, if it is refused without telling a limit
 */
record Key(
        boolean removed,
        Probe probe,
        @Nullable Ledger ledger,
        @Nullable Ledger former,
        @Nullable Throttle throttle) {

    static final Key NEW = new Key(false, Probe.NEEDED, null, null, null);

    /** Whether nothing is known that would make a request wait. */
    boolean free() {
        return probe.done() && ledger == null && throttle == null;
    }

    /** Whether something has ended by then. */
    boolean endsBy(long now) {
        return probe.lost(now) || (ledger != null && ledger.endsBy(now));
    }

    Key at(long now, LongSupplier dice) {
        Probe rest = probe.lost(now) ? Probe.DONE : probe;
        return new Key(removed, rest, ledger == null ? null : ledger.at(now, dice), former, throttle);
    }

    long opensAt(long now, boolean interactive, double share) {
        if (throttle != null) {
            return throttle.opensAt(now, interactive);
        }
        return ledger == null ? probe.opensAt(now) : ledger.opensAt(now, interactive, share);
    }

    long left() {
        return ledger == null ? Long.MAX_VALUE : ledger.count().certain();
    }

    Key sent(long now, long before) {
        return new Key(
                removed,
                probe.sent(now),
                ledger == null ? null : ledger.sent(now, before),
                former == null ? null : former.sent(now, before),
                throttle == null ? null : throttle.sent(now));
    }

    /** One that nobody here was asked for: it takes no place in the pace. */
    Key counted(long now, long before) {
        return throttle == null ? sent(now, before) : this;
    }

    Key notSent(long number) {
        return new Key(
                removed,
                probe.done() ? probe : Probe.NEEDED,
                ledger == null ? null : ledger.notSent(number),
                former == null ? null : former.notSent(number),
                throttle);
    }

    /** An answer that says nothing, or none at all. */
    Key silent(long now, boolean answered) {
        return new Key(
                removed,
                Probe.DONE,
                ledger == null ? null : ledger.silent(),
                former == null ? null : former.silent(),
                throttle == null || !answered ? throttle : kept(throttle.answered(now)));
    }

    private static @Nullable Throttle kept(Throttle throttle) {
        return throttle.open() ? null : throttle;
    }

    Key opened() {
        return probe.done() ? this : new Key(removed, Probe.DONE, ledger, former, throttle);
    }

    Key gone() {
        return new Key(true, Probe.DONE, null, null, null);
    }

    Key with(@Nullable Ledger other) {
        return new Key(removed, Probe.DONE, other, former == null ? null : former.silent(), null);
    }

    Key with(@Nullable Ledger other, @Nullable Ledger replaced) {
        return new Key(removed, Probe.DONE, other, replaced, null);
    }

    Key with(Throttle other) {
        return new Key(removed, Probe.DONE, ledger, former, other);
    }
}
