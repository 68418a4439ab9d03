package dev.closecrm.reactor.bulk;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * How a bulk run goes about its items. Immutable.
 *
 * @param <T> the type of item
 */
public final class BulkOptions<T> {

    /** A share of fewer results than these says nothing. */
    static final int COUNTED_BEFORE_SHARES = 50;

    /** How a run that is ended early tells its subscriber. */
    public enum OnAbort {
        /** By {@code onError} with a {@link dev.closecrm.core.error.BulkAbortedException}. */
        ERROR,
        /** By {@code onComplete}, as if nothing were left: the results and the progress say what happened. */
        COMPLETE
    }

    /** Whoever listens to nothing. */
    static final Consumer<Object> NOBODY = event -> {};

    private static final BulkOptions<Object> DEFAULTS = builder().build();

    private final OptionalInt concurrency;
    private final Duration itemTimeout;
    private final Duration outageTimeout;
    private final int maxForbiddenInARow;
    private final int maxNotFoundAtFirst;
    private final double maxFailedShare;
    private final long maxFailed;
    private final boolean ordered;
    private final int rememberedIds;
    private final OnAbort onAbort;
    private final Predicate<? super T> maybeSentBefore;
    private final Publisher<?> stopWhen;
    private final Consumer<? super OutageEvent> outageListener;
    private final Duration progressInterval;
    private final Consumer<? super BulkProgress> progressListener;

    private BulkOptions(Builder<T> builder) {
        this.concurrency = builder.concurrency;
        this.itemTimeout = builder.itemTimeout;
        this.outageTimeout = builder.outageTimeout;
        this.maxForbiddenInARow = builder.maxForbiddenInARow;
        this.maxNotFoundAtFirst = builder.maxNotFoundAtFirst;
        this.maxFailedShare = builder.maxFailedShare;
        this.maxFailed = builder.maxFailed;
        this.ordered = builder.ordered;
        this.rememberedIds = builder.rememberedIds;
        this.onAbort = builder.onAbort;
        this.maybeSentBefore = builder.maybeSentBefore;
        this.stopWhen = builder.stopWhen;
        this.outageListener = builder.outageListener;
        this.progressInterval = builder.progressInterval;
        this.progressListener = builder.progressListener;
    }

    /**
     * The defaults.
     *
     * @param <T> the type of item
     * @return options with every default in place
     */
    @SuppressWarnings("unchecked") // what they do to an item, they do to any
    public static <T> BulkOptions<T> defaults() {
        return (BulkOptions<T>) DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @param <T> the type of item
     * @return a new builder
     */
    public static <T> Builder<T> builder() {
        return new Builder<>();
    }

    /**
     * The most items in flight at once.
     *
     * @return the limit, or empty for as many as the client has connections
     * @see Builder#concurrency(int)
     */
    public OptionalInt concurrency() {
        return concurrency;
    }

    /**
     * How long an item may take.
     *
     * @return the time limit
     * @see Builder#itemTimeout(Duration)
     */
    public Duration itemTimeout() {
        return itemTimeout;
    }

    /**
     * How long the run waits for a service that is down.
     *
     * @return the time limit
     * @see Builder#outageTimeout(Duration)
     */
    public Duration outageTimeout() {
        return outageTimeout;
    }

    /**
     * How many 403 one after the other end the run.
     *
     * @return the number
     * @see Builder#maxForbiddenInARow(int)
     */
    public int maxForbiddenInARow() {
        return maxForbiddenInARow;
    }

    /**
     * How many 404 end the run if it began with them.
     *
     * @return the number
     * @see Builder#maxNotFoundAtFirst(int)
     */
    public int maxNotFoundAtFirst() {
        return maxNotFoundAtFirst;
    }

    /**
     * Which share of failures ends the run.
     *
     * @return a number from 0 to 1
     * @see Builder#maxFailedShare(double)
     */
    public double maxFailedShare() {
        return maxFailedShare;
    }

    /**
     * How many failures end the run.
     *
     * @return the number
     * @see Builder#maxFailed(long)
     */
    public long maxFailed() {
        return maxFailed;
    }

    /**
     * Whether results come in the order of their items.
     *
     * @return false if they come as the calls end
     * @see Builder#ordered()
     */
    public boolean ordered() {
        return ordered;
    }

    /**
     * How many ids that have ended are remembered, so that none is sent twice.
     *
     * @return the number
     * @see Builder#rememberedIds(int)
     */
    public int rememberedIds() {
        return rememberedIds;
    }

    /**
     * How a run that is ended early tells its subscriber.
     *
     * @return the signal
     * @see Builder#onAbort(OnAbort)
     */
    public OnAbort onAbort() {
        return onAbort;
    }

    /**
     * Which items may have been sent before this run.
     *
     * @return the test
     * @see Builder#maybeSentBefore(Predicate)
     */
    public Predicate<? super T> maybeSentBefore() {
        return maybeSentBefore;
    }

    /**
     * What stops the run in order.
     *
     * @return the trigger
     * @see Builder#stopWhen(Publisher)
     */
    public Publisher<?> stopWhen() {
        return stopWhen;
    }

    /**
     * How often the run tells how far it is.
     *
     * @return the time between two reports; zero if there are none
     * @see Builder#progressListener(Duration, Consumer)
     */
    public Duration progressInterval() {
        return progressInterval;
    }

    /**
     * Who is told how far the run is.
     *
     * @return the listener
     * @see Builder#progressListener(Duration, Consumer)
     */
    public Consumer<? super BulkProgress> progressListener() {
        return progressListener;
    }

    /**
     * Who is told of an outage of the service.
     *
     * @return the listener
     * @see Builder#outageListener(Consumer)
     */
    public Consumer<? super OutageEvent> outageListener() {
        return outageListener;
    }

    @Override
    public String toString() {
        return "BulkOptions[concurrency=" + (concurrency.isPresent() ? concurrency.getAsInt() : "maxConnections")
                + ", itemTimeout=" + itemTimeout + ", outageTimeout=" + outageTimeout + ", maxForbiddenInARow="
                + maxForbiddenInARow + ", maxNotFoundAtFirst=" + maxNotFoundAtFirst + ", maxFailedShare="
                + maxFailedShare + ", maxFailed=" + maxFailed + ", ordered=" + ordered + ", rememberedIds="
                + rememberedIds + ", onAbort=" + onAbort + "]";
    }

    /**
     * Collects options; each setter checks its value at once.
     *
     * @param <T> the type of item
     */
    public static final class Builder<T> {

        private OptionalInt concurrency = OptionalInt.empty();
        private Duration itemTimeout = Duration.ofMinutes(2);
        private Duration outageTimeout = Duration.ofMinutes(5);
        private int maxForbiddenInARow = 20;
        private int maxNotFoundAtFirst = 50;
        private double maxFailedShare = 0.5;
        private long maxFailed = Long.MAX_VALUE;
        private boolean ordered;
        private int rememberedIds = 65_536;
        private OnAbort onAbort = OnAbort.ERROR;
        private Predicate<? super T> maybeSentBefore = item -> false;
        private Publisher<?> stopWhen = Mono.never();
        private Consumer<? super OutageEvent> outageListener = NOBODY;
        private Duration progressInterval = Duration.ZERO;
        private Consumer<? super BulkProgress> progressListener = NOBODY;

        private Builder() {}

        /**
         * The most items in flight at once. Default: as many as the client has connections, which is also the upper bound.
         *
         * @param concurrency at least 1
         * @return this builder
         */
        public Builder<T> concurrency(int concurrency) {
            this.concurrency = OptionalInt.of(requirePositive(concurrency, "concurrency"));
            return this;
        }

        /**
         * How long an item may take, from its first turn to its end, all attempts included. Default 120 s. The time stands still
         * while the run waits for a service that is down.
         *
         * @param itemTimeout more than zero
         * @return this builder
         */
        public Builder<T> itemTimeout(Duration itemTimeout) {
            this.itemTimeout = requirePositive(itemTimeout, "itemTimeout");
            return this;
        }

        /**
         * How long the run waits for a service that is down. Default 5 min. When the client's retry budget is used up, or the
         * service asks for a longer wait than is taken from it, the run stops sending, keeps its items, and tries with one of
         * them after 1 s, 2 s, 4 s and so on up to every 30 s. If nothing is answered in all this time, the items that were sent
         * fail with what became of them, the others become {@code NotAttempted(OUTAGE)}, and the run ends. Time in which no item
         * waits for the service, since no result is asked for, does not count.
         *
         * @param outageTimeout more than zero
         * @return this builder
         */
        public Builder<T> outageTimeout(Duration outageTimeout) {
            this.outageTimeout = requirePositive(outageTimeout, "outageTimeout");
            return this;
        }

        /**
         * Who is told when the service is down, each time it still is, and when that is over. Default nobody. Called on a thread
         * of {@link reactor.core.scheduler.Schedulers#boundedElastic()}, one event of a run after the other, so that it may block; the
         * run does not wait for it. Runs share these threads, and a listener that blocks for long keeps others waiting. What it
         * throws is logged and changes nothing.
         *
         * @param outageListener the listener
         * @return this builder
         */
        public Builder<T> outageListener(Consumer<? super OutageEvent> outageListener) {
            this.outageListener = Objects.requireNonNull(outageListener, "outageListener");
            return this;
        }

        /**
         * How many items in a row may be refused with 403 before the run ends. Default 20; {@code Integer.MAX_VALUE} for no such
         * rule.
         *
         * @param maxForbiddenInARow at least 1
         * @return this builder
         */
        public Builder<T> maxForbiddenInARow(int maxForbiddenInARow) {
            this.maxForbiddenInARow = requirePositive(maxForbiddenInARow, "maxForbiddenInARow");
            return this;
        }

        /**
         * How many results may all be 404 at the beginning before the run ends. Default 50; {@code Integer.MAX_VALUE} for no
         * such rule. With a key of another organisation the service answers 404 for every contact, and the run would look as if
         * all of them were gone already.
         *
         * @param maxNotFoundAtFirst at least 1
         * @return this builder
         */
        public Builder<T> maxNotFoundAtFirst(int maxNotFoundAtFirst) {
            this.maxNotFoundAtFirst = requirePositive(maxNotFoundAtFirst, "maxNotFoundAtFirst");
            return this;
        }

        /**
         * Which share of the results may be failures before the run ends, looked at from the 50th result on. Default 0.5; 1 for
         * no such rule. An id that cannot be read does not count.
         *
         * @param maxFailedShare from 0 to 1
         * @return this builder
         */
        public Builder<T> maxFailedShare(double maxFailedShare) {
            if (!(maxFailedShare >= 0 && maxFailedShare <= 1)) {
                throw new IllegalArgumentException("maxFailedShare is " + maxFailedShare + ", must be from 0 to 1");
            }
            this.maxFailedShare = maxFailedShare;
            return this;
        }

        /**
         * How many items may fail before the run ends: with the last of so many it does. Default no limit. An id that cannot be
         * read does not count.
         *
         * @param maxFailed at least 1
         * @return this builder
         */
        public Builder<T> maxFailed(long maxFailed) {
            if (maxFailed < 1) {
                throw new IllegalArgumentException("maxFailed is " + maxFailed + ", must be at least 1");
            }
            this.maxFailed = maxFailed;
            return this;
        }

        /**
         * Has the results come in the order of their items. Default: in the order in which the calls end. A result waits until
         * all before it are there; when twice as many items as may be in flight are under way or wait so, none is pulled. One
         * item that takes long holds up all others then.
         *
         * @return this builder
         */
        public Builder<T> ordered() {
            this.ordered = true;
            return this;
        }

        /**
         * How many ids that have ended are remembered. An item whose id is in flight or remembered is not sent, and becomes a
         * {@code Duplicate}. Default 65,536. To find duplicates over a whole run, give it as many as the run has ids: each takes
         * some 280 bytes. 0 for those in flight only. Of the last 65,536 failures that may have deleted their contact that much is
         * kept in any case, for the report of an item that repeats one.
         *
         * @param rememberedIds at least 0
         * @return this builder
         */
        public Builder<T> rememberedIds(int rememberedIds) {
            if (rememberedIds < 0) {
                throw new IllegalArgumentException("rememberedIds is " + rememberedIds + ", must be at least 0");
            }
            this.rememberedIds = rememberedIds;
            return this;
        }

        /**
         * How a run that is ended early, by a rule of these options or because the client was disposed, tells its subscriber once
         * every result is delivered. Default {@link OnAbort#ERROR}.
         *
         * @param onAbort the signal
         * @return this builder
         */
        public Builder<T> onAbort(OnAbort onAbort) {
            this.onAbort = Objects.requireNonNull(onAbort, "onAbort");
            return this;
        }

        /**
         * Which items may have been sent before: by an earlier run that broke off, or because a message was delivered twice. If
         * such a contact is not there (404), an earlier request may be the reason, and it becomes
         * {@code Deleted(INFERRED)} and not {@code NotFound}. If it fails, its delivery is {@code UNKNOWN}. Default none.
         *
         * <p>Name no more than these: they do not count for {@link #maxNotFoundAtFirst(int)}, so that a run in which all are named
         * would not notice a key of another organisation, and report everything as deleted.
         *
         * <p>Called once for each item whose id can be read, on the thread that brings it; if it throws, the item is taken for one
         * that may have been sent.
         *
         * @param maybeSentBefore the test
         * @return this builder
         */
        public Builder<T> maybeSentBefore(Predicate<? super T> maybeSentBefore) {
            this.maybeSentBefore = Objects.requireNonNull(maybeSentBefore, "maybeSentBefore");
            return this;
        }

        /**
         * Stops the run in order when this emits a value or completes: nothing more is pulled or sent, what is in flight ends and
         * is reported, what was pulled and not sent becomes {@code NotAttempted(STOPPED)}, what was sent and waits for another
         * attempt fails with its delivery, and then the run completes. An error of this stops it likewise, and ends the run after
         * the last result. Subscribed to when the run begins, with its Reactor context, and cancelled when it ends. Default
         * never.
         *
         * @param stopWhen the trigger
         * @return this builder
         */
        public Builder<T> stopWhen(Publisher<?> stopWhen) {
            this.stopWhen = Objects.requireNonNull(stopWhen, "stopWhen");
            return this;
        }

        /**
         * Who is told how far the run is, at an interval and once more when it has ended; not when it is cancelled. Default nobody. Called on a thread of
         * {@link reactor.core.scheduler.Schedulers#boundedElastic()}, one report of a run after the other, so that it may block; reports
         * that it is too slow for are left out. What it throws is logged and changes nothing.
         *
         * @param interval the time between two reports, more than zero
         * @param progressListener the listener
         * @return this builder
         */
        public Builder<T> progressListener(Duration interval, Consumer<? super BulkProgress> progressListener) {
            this.progressInterval = requirePositive(interval, "interval");
            this.progressListener = Objects.requireNonNull(progressListener, "progressListener");
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public BulkOptions<T> build() {
            return new BulkOptions<>(this);
        }

        private static int requirePositive(int value, String name) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " is " + value + ", must be at least 1");
            }
            return value;
        }

        private static Duration requirePositive(Duration value, String name) {
            Objects.requireNonNull(value, name);
            // Times are kept in nanoseconds, in a long.
            if (value.isZero() || value.isNegative() || value.compareTo(Duration.ofDays(365)) > 0) {
                throw new IllegalArgumentException(
                        name + " is " + value + ", must be more than zero and at most a year");
            }
            return value;
        }
    }
}
