package dev.closecrm.core.engine.quota;

import dev.closecrm.core.QuotaOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the quota of one tenant: of each of its keys, and of their organisation.
 *
 * <p>All that is known is one immutable value; each event replaces it by compare-and-set. Where no limit is known, sending only
 * reads it, and so does an answer that says nothing.
 */
public final class QuotaBook implements QuotaDesk {

    private final boolean paced;
    private final LongSupplier random;
    private final AtomicLong sequence = new AtomicLong();
    private final AtomicLongArray ofKey;
    private final AtomicReference<Keys> state;

    /**
     * A book in which nothing is known yet.
     *
     * @param options how much to use
     * @param keys how many keys there are, at least 1
     * @param random 64 random bits at each call
     */
    public QuotaBook(QuotaOptions options, int keys, LongSupplier random) {
        this.paced = !(options instanceof QuotaOptions.None);
        this.random = random;
        this.ofKey = new AtomicLongArray(keys);
        this.state = new AtomicReference<>(options.fold(
                () -> Keys.unknown(keys, 1),
                share -> Keys.unknown(keys, share),
                rate -> Keys.paced(keys, rate),
                () -> Keys.open(keys)));
    }

    @Override
    public @Nullable Sending trySend(int key, long now, boolean interactive) {
        while (true) {
            Keys before = state.get();
            if (before.free()) {
                return number(before.next(key, sequence.get()), now);
            }
            Keys current = before.at(now, random);
            int chosen = current.choose(key, sequence.get(), now, interactive);
            boolean same = chosen < 0 && !before.endsBy(now);
            Keys after = chosen < 0 ? current : current.sent(chosen, now, sent(chosen));
            if (same || state.compareAndSet(before, after)) {
                return chosen < 0 ? null : number(chosen, now);
            }
        }
    }

    /**
     * Counts a request that somebody else has let go, whatever is known here. It takes no place in an even pace: that would only
     * be owed later.
     *
     * @param key which key it uses, from 0
     * @param now nanoseconds of the monotonic clock
     * @return the request
     */
    public Sending sent(int key, long now) {
        if (!state.get().free()) {
            change(keys -> keys.at(now, random).counted(key, now, sent(key)));
        }
        return new Sending(key, sequence.incrementAndGet(), ofKey.incrementAndGet(key), now);
    }

    private @Nullable Sending number(int key, long now) {
        return key < 0 ? null : new Sending(key, sequence.incrementAndGet(), ofKey.incrementAndGet(key), now);
    }

    @Override
    public long nextIn(int key, long now, boolean interactive) {
        Keys current = state.get();
        if (current.free()) {
            return current.next(key, 0) < 0 ? UNTIL_ANSWERED : 0;
        }
        long opens = current.opensAt(key, now, interactive);
        return opens == Keys.NEVER ? UNTIL_ANSWERED : Math.max(0, opens - now);
    }

    @Override
    public void answered(Sending sending, long now, @Nullable QuotaReading reading) {
        if (!paced || (!says(reading) && state.get().free())) {
            return;
        }
        change(keys -> reading == null || !says(reading)
                ? keys.silent(sending, now, true)
                : keys.at(now, random).answered(sending, now, reading, sent(sending), random));
    }

    @Override
    public void refused(Sending sending, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter) {
        if (paced) {
            QuotaReading told = says(reading) ? reading : null;
            change(keys -> keys.at(now, random).refused(sending, now, told, retryAfter, sent(sending), random));
        }
    }

    @Override
    public void unanswered(Sending sending, long now) {
        if (!state.get().free()) {
            change(keys -> keys.silent(sending, now, false));
        }
    }

    @Override
    public void notSent(Sending sending, long now) {
        if (!state.get().free()) {
            change(keys -> keys.notSent(sending));
        }
    }

    @Override
    public void remove(int key) {
        change(keys -> keys.removed(key));
    }

    @Override
    public QuotaView view(long now) {
        return QuotaView.of(state.get(), now);
    }

    /** A limit of nothing is no limit. */
    private static boolean says(@Nullable QuotaReading reading) {
        return reading != null && reading.limit() > 0;
    }

    private Keys.Sent sent(Sending sending) {
        return sent(sending.key());
    }

    private Keys.Sent sent(int key) {
        return new Keys.Sent(ofKey.get(key), sequence.get());
    }

    private void change(UnaryOperator<Keys> event) {
        state.updateAndGet(event);
    }
}
