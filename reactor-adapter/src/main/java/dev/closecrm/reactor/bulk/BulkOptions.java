package dev.closecrm.reactor.bulk;

import java.util.OptionalInt;

/**
 * How a bulk run goes about its items. Immutable.
 *
 * @param <T> the type of item
 */
@SuppressWarnings("UnusedTypeParameter") // so that options about single items can be added without a break
public final class BulkOptions<T> {

    private static final BulkOptions<Object> DEFAULTS = new BulkOptions<>(OptionalInt.empty());

    private final OptionalInt concurrency;

    private BulkOptions(OptionalInt concurrency) {
        this.concurrency = concurrency;
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

    @Override
    public String toString() {
        return "BulkOptions[concurrency=" + (concurrency.isPresent() ? concurrency.getAsInt() : "maxConnections") + "]";
    }

    /**
     * Collects options; each setter checks its value at once.
     *
     * @param <T> the type of item
     */
    public static final class Builder<T> {

        private OptionalInt concurrency = OptionalInt.empty();

        private Builder() {}

        /**
         * The most items in flight at once. Default: as many as the client has connections, which is also the upper bound.
         *
         * @param concurrency at least 1
         * @return this builder
         */
        public Builder<T> concurrency(int concurrency) {
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency is " + concurrency + ", must be at least 1");
            }
            this.concurrency = OptionalInt.of(concurrency);
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public BulkOptions<T> build() {
            return new BulkOptions<>(concurrency);
        }
    }
}
