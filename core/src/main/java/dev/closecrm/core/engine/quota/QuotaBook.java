package dev.closecrm.core.engine.quota;

import dev.closecrm.core.QuotaOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Keeps the quota of one tenant: of each of its keys, and of their organisation. */
public final class QuotaBook {

    /** Any of the keys: the one with the most left. */
    public static final int ANY_KEY = -1;

    /** Only an answer can say when. */
    public static final long UNTIL_ANSWERED = Long.MAX_VALUE;

    private final AtomicLong sequence = new AtomicLong();

    /**
     * A book in which nothing is known yet.
     *
     * @param options how much to use
     * @param keys how many keys there are, at least 1
     * @param random 64 random bits at each call
     */
    public QuotaBook(QuotaOptions options, int keys, LongSupplier random) {}

    /**
     * Lets a request go if there is quota for it now, and counts it.
     *
     * @param key which key it has to use, or {@link #ANY_KEY}
     * @param now nanoseconds of the monotonic clock
     * @param interactive whether somebody waits for this one call: such a request goes as soon as it is certain that there is
     *     quota, and does not wait for its place in an even pace
     * @return the request, or null if it may not go now
     */
    public @Nullable Sending trySend(int key, long now, boolean interactive) {
        return new Sending(Math.max(key, 0), sequence.incrementAndGet(), now);
    }

    /**
     * How long to wait before it is worth asking again. An answer to another request may make it shorter.
     *
     * @param key as for {@link #trySend}
     * @param now as for {@link #trySend}
     * @param interactive as for {@link #trySend}
     * @return nanoseconds, or {@link #UNTIL_ANSWERED}
     */
    public long nextIn(int key, long now, boolean interactive) {
        return 0;
    }

    /**
     * Notes an answer.
     *
     * @param sending the request
     * @param now when the answer came
     * @param reading what it says about the quota, or null if nothing
     */
    public void answered(Sending sending, long now, @Nullable QuotaReading reading) {}

    /**
     * Notes a refusal for want of quota (429).
     *
     * @param sending the request
     * @param now when the answer came
     * @param reading what it says about the quota, or null if nothing
     * @param retryAfter how long it asks to wait by {@code Retry-After} or its body, or null if it does not say
     */
    public void refused(Sending sending, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter) {}

    /**
     * Notes that no answer came; the service may have counted the request.
     *
     * @param sending the request
     * @param now when that was known
     */
    public void unanswered(Sending sending, long now) {}

    /**
     * Notes that the request never left.
     *
     * @param sending the request
     * @param now when that was known
     */
    public void notSent(Sending sending, long now) {}
}
