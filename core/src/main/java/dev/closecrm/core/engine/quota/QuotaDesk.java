package dev.closecrm.core.engine.quota;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where one asks whether a request may go, and tells what became of it. Nobody waits here: the answer is what is known in that
 * moment. Whoever is let go is reported once, by one of {@link #answered}, {@link #refused}, {@link #unanswered} and
 * {@link #notSent}.
 */
public interface QuotaDesk {

    /** Any of the keys: the one with the most left. */
    int ANY_KEY = -1;

    /** Only an answer can say when. */
    long UNTIL_ANSWERED = Long.MAX_VALUE;

    /**
     * Lets a request go if there is quota for it now, and counts it.
     *
     * @param key which key it has to use, or {@link #ANY_KEY}
     * @param now nanoseconds of the monotonic clock
     * @param interactive whether somebody waits for this one call: such a request goes as soon as it is certain that there is
     *     quota, and does not wait for its place in an even pace
     * @return the request, or null if it may not go now
     */
    @Nullable Sending trySend(int key, long now, boolean interactive);

    /**
     * How long to wait before it is worth asking again. An answer to another request may make it shorter.
     *
     * @param key as for {@link #trySend}
     * @param now as for {@link #trySend}
     * @param interactive as for {@link #trySend}
     * @return nanoseconds, or {@link #UNTIL_ANSWERED}
     */
    long nextIn(int key, long now, boolean interactive);

    /**
     * Notes an answer.
     *
     * @param sending the request
     * @param now when the answer came
     * @param reading what it says about the quota, or null if nothing
     */
    void answered(Sending sending, long now, @Nullable QuotaReading reading);

    /**
     * Notes a refusal for want of quota (429).
     *
     * @param sending the request
     * @param now when the answer came
     * @param reading what it says about the quota, or null if nothing
     * @param retryAfter how long it asks to wait by {@code Retry-After} or its body, or null if it does not say
     */
    void refused(Sending sending, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter);

    /**
     * Notes that no answer came; the service may have counted the request.
     *
     * @param sending the request
     * @param now when that was known
     */
    void unanswered(Sending sending, long now);

    /**
     * Notes that the request never left.
     *
     * @param sending the request
     * @param now when that was known
     */
    void notSent(Sending sending, long now);

    /**
     * Takes a key out of use: it was refused as such. No request may use it any more.
     *
     * @param key which one, from 0
     */
    void remove(int key);

    /**
     * What is known at a moment.
     *
     * @param now nanoseconds of the monotonic clock
     * @return of each key, and of the organisation
     */
    QuotaView view(long now);
}
