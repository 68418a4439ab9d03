package dev.closecrm.reactor.bulk;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How a bulk run goes about its items. Immutable.
 *
 * @param <T> the type of item
 */
@SuppressWarnings("UnusedTypeParameter") // so that options about single items can be added without a break
public final class BulkOptions<T> {

    /** A share of fewer results than these says nothing. */
    static final int COUNTED_BEFORE_SHARES = 50;

    private static final BulkOptions<Object> DEFAULTS = builder().build();

    private final OptionalInt concurrency;
    private final Duration itemTimeout;
    private final Duration outageTimeout;
    private final int maxForbiddenInARow;
    private final int maxNotFoundAtFirst;
    private final double maxFailedShare;
    private final Consumer<? super OutageEvent> outageListener;

    private BulkOptions(Builder<T> builder) {
        this.concurrency = builder.concurrency;
        this.itemTimeout = builder.itemTimeout;
        this.outageTimeout = builder.outageTimeout;
        this.maxForbiddenInARow = builder.maxForbiddenInARow;
        this.maxNotFoundAtFirst = builder.maxNotFoundAtFirst;
        this.maxFailedShare = builder.maxFailedShare;
        this.outageListener = builder.outageListener;
    }

    /**
     * The defaults.
     *
     * @param <T> the type of item
     * @return options with every default in place
     */
    @SuppressWarnings("unchecked") // no value of the options depends on the type
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
                + maxFailedShare + "]";
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
        private Consumer<? super OutageEvent> outageListener = event -> {};

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
         * fail with what became of them, the others become {@code NotAttempted(OUTAGE)}, and the run ends.
         *
         * @param outageTimeout more than zero
         * @return this builder
         */
        public Builder<T> outageTimeout(Duration outageTimeout) {
            this.outageTimeout = requirePositive(outageTimeout, "outageTimeout");
            return this;
        }

        /**
         * Who is told when the service is down, each time it still is, and when that is over. Default nobody. Called on threads
         * that must not block, and never by two at once for the same event; what it throws is logged and changes nothing.
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
