package dev.closecrm.core;

import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * How much of the quota a client uses that the service grants to its key. Whatever is chosen, calls that have to wait do so without
 * a thread, and what was refused for want of quota is sent again.
 */
public sealed interface QuotaOptions {

    /** Everything that is there, and no more: the default. */
    record Greedy() implements QuotaOptions {
        private static final Greedy INSTANCE = new Greedy();
    }

    /**
     * A part of each window's quota; the rest is for others.
     *
     * @param part more than 0, at most 1
     */
    record Share(double part) implements QuotaOptions {
        /**
         * Checks the part.
         *
         * @throws IllegalArgumentException if it is not more than 0 and at most 1
         */
        public Share {
            if (!(part > 0 && part <= 1)) {
                throw new IllegalArgumentException("the share must be more than 0 and at most 1, but is " + part);
            }
        }
    }

    /**
     * A rate of one's own, evenly spaced, whatever the service says; only a refusal stops it for as long as it asks.
     *
     * @param perSecond more than 0, at most 100,000
     */
    record Fixed(double perSecond) implements QuotaOptions {
        /**
         * Checks the rate.
         *
         * @throws IllegalArgumentException if it is not more than 0 and at most 100,000
         */
        public Fixed {
            if (!(perSecond > 0 && perSecond <= 100_000)) {
                throw new IllegalArgumentException(
                        "the rate must be more than 0 and at most 100,000 per second, but is " + perSecond);
            }
        }
    }

    /** No pacing at all: each call goes when it comes, and waits only if it is refused itself. */
    record None() implements QuotaOptions {
        private static final None INSTANCE = new None();
    }

    /**
     * The default: {@link #greedy()}.
     *
     * @return the options
     */
    static QuotaOptions defaults() {
        return greedy();
    }

    /**
     * Uses the whole quota and goes to its edge without being refused. Who else uses the same key or organisation is noticed and
     * left what they use.
     *
     * @return the options
     */
    static QuotaOptions greedy() {
        return Greedy.INSTANCE;
    }

    /**
     * Uses at most a part of each window's quota: polite, for jobs in the background.
     *
     * @param part more than 0, at most 1, such as 0.5
     * @return the options
     * @throws IllegalArgumentException if the part is out of its bounds
     */
    static QuotaOptions share(double part) {
        return new Share(part);
    }

    /**
     * Sends at a rate of one's own.
     *
     * @param perSecond requests per second, more than 0, at most 100,000
     * @return the options
     * @throws IllegalArgumentException if the rate is out of its bounds
     */
    static QuotaOptions fixed(double perSecond) {
        return new Fixed(perSecond);
    }

    /**
     * Does not pace: for those who do so themselves.
     *
     * @return the options
     */
    static QuotaOptions none() {
        return None.INSTANCE;
    }

    /**
     * Calls the one function that belongs to this case.
     *
     * @param greedy for {@link Greedy}
     * @param share for {@link Share}, with its part
     * @param fixed for {@link Fixed}, with its rate per second
     * @param none for {@link None}
     * @param <R> what the functions return
     * @return what the function returned
     */
    default <R> R fold(Supplier<R> greedy, DoubleFunction<R> share, DoubleFunction<R> fixed, Supplier<R> none) {
        if (this instanceof Greedy) {
            return greedy.get();
        }
        if (this instanceof Share it) {
            return share.apply(it.part());
        }
        return this instanceof Fixed it ? fixed.apply(it.perSecond()) : none.get();
    }
}
