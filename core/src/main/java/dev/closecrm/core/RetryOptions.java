package dev.closecrm.core;

import java.time.Duration;
import java.util.Objects;

/**
 * When the client tries again, and how long a call may take with all its waiting.
 *
 * <p>A delete may be repeated without harm, so the client repeats what may pass: lost connections, time-outs, 408 and 5xx. It waits
 * longer each time, by chance, and as long as the service asks. A used-up quota (429) is waited for and does not count as an
 * attempt. All calls of a client share one budget of retries, so that a service that is down is not hammered.
 *
 * <p>Immutable. {@link #defaults()} suits most users; {@link #toBuilder()} changes single values. The reasons for the defaults
 * are in {@code docs/defaults.md}.
 */
public final class RetryOptions {

    private static final RetryOptions DEFAULTS = new Builder().build();

    private final int maxAttempts;
    private final int maxRefusals;
    private final Duration transportBackoff;
    private final Duration transportBackoffCap;
    private final Duration statusBackoff;
    private final Duration statusBackoffCap;
    private final Duration longestServerWait;
    private final int budget;
    private final int retryCost;
    private final Duration callTimeout;

    private RetryOptions(Builder builder) {
        this.maxAttempts = builder.maxAttempts;
        this.maxRefusals = builder.maxRefusals;
        this.transportBackoff = builder.transportBackoff;
        this.transportBackoffCap = builder.transportBackoffCap;
        this.statusBackoff = builder.statusBackoff;
        this.statusBackoffCap = builder.statusBackoffCap;
        this.longestServerWait = builder.longestServerWait;
        this.budget = builder.budget;
        this.retryCost = builder.retryCost;
        this.callTimeout = builder.callTimeout;
    }

    /**
     * The defaults.
     *
     * @return options with every default in place
     */
    public static RetryOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from these options.
     *
     * @return a new builder that holds the values of these options
     */
    public Builder toBuilder() {
        return new Builder()
                .maxAttempts(maxAttempts)
                .maxRefusals(maxRefusals)
                .transportBackoff(transportBackoff, transportBackoffCap)
                .statusBackoff(statusBackoff, statusBackoffCap)
                .longestServerWait(longestServerWait)
                .budget(budget, retryCost)
                .callTimeout(callTimeout);
    }

    /**
     * The most attempts of a call, the first one included.
     *
     * @return the limit
     * @see Builder#maxAttempts(int)
     */
    public int maxAttempts() {
        return maxAttempts;
    }

    /**
     * The most refusals (429) a call meets before it fails.
     *
     * @return the limit
     * @see Builder#maxRefusals(int)
     */
    public int maxRefusals() {
        return maxRefusals;
    }

    /**
     * The longest wait after the first fault of the network.
     *
     * @return the span
     * @see Builder#transportBackoff(Duration, Duration)
     */
    public Duration transportBackoff() {
        return transportBackoff;
    }

    /**
     * The longest wait after any fault of the network.
     *
     * @return the span
     * @see Builder#transportBackoff(Duration, Duration)
     */
    public Duration transportBackoffCap() {
        return transportBackoffCap;
    }

    /**
     * The longest wait after the first 408 or 5xx.
     *
     * @return the span
     * @see Builder#statusBackoff(Duration, Duration)
     */
    public Duration statusBackoff() {
        return statusBackoff;
    }

    /**
     * The longest wait after any 408 or 5xx.
     *
     * @return the span
     * @see Builder#statusBackoff(Duration, Duration)
     */
    public Duration statusBackoffCap() {
        return statusBackoffCap;
    }

    /**
     * The longest wait that is taken from the service.
     *
     * @return the limit
     * @see Builder#longestServerWait(Duration)
     */
    public Duration longestServerWait() {
        return longestServerWait;
    }

    /**
     * The tokens of a full retry budget.
     *
     * @return the number
     * @see Builder#budget(int, int)
     */
    public int budget() {
        return budget;
    }

    /**
     * The tokens a retry takes from the budget.
     *
     * @return the number
     * @see Builder#budget(int, int)
     */
    public int retryCost() {
        return retryCost;
    }

    /**
     * How long a single call may take, all attempts and waiting included.
     *
     * @return the time limit
     * @see Builder#callTimeout(Duration)
     */
    public Duration callTimeout() {
        return callTimeout;
    }

    @Override
    public String toString() {
        return "RetryOptions[maxAttempts=" + maxAttempts + ", maxRefusals=" + maxRefusals + ", transportBackoff="
                + transportBackoff + " to " + transportBackoffCap + ", statusBackoff=" + statusBackoff + " to "
                + statusBackoffCap + ", longestServerWait=" + longestServerWait + ", budget=" + budget
                + ", retryCost=" + retryCost + ", callTimeout=" + callTimeout + "]";
    }

    /** Collects options; each setter checks its value at once. */
    public static final class Builder {

        private int maxAttempts = 4;
        private int maxRefusals = 10;
        private Duration transportBackoff = Duration.ofMillis(100);
        private Duration transportBackoffCap = Duration.ofSeconds(5);
        private Duration statusBackoff = Duration.ofSeconds(1);
        private Duration statusBackoffCap = Duration.ofSeconds(20);
        private Duration longestServerWait = Duration.ofMinutes(2);
        private int budget = 500;
        private int retryCost = 14;
        private Duration callTimeout = Duration.ofSeconds(90);

        private Builder() {}

        /**
         * The most attempts of a call, the first one included. Default 4; 1 means that nothing is repeated but what the service
         * certainly never saw, and what it refused for want of quota.
         *
         * @param maxAttempts at least 1
         * @return this builder
         */
        public Builder maxAttempts(int maxAttempts) {
            this.maxAttempts = requireFrom(1, maxAttempts, "maxAttempts");
            return this;
        }

        /**
         * How many refusals (429) in all a call meets before it fails with
         * {@link dev.closecrm.core.error.RateLimitedException}. Default 10; with 1 it fails at the first.
         *
         * @param maxRefusals at least 1
         * @return this builder
         */
        public Builder maxRefusals(int maxRefusals) {
            this.maxRefusals = requireFrom(1, maxRefusals, "maxRefusals");
            return this;
        }

        /**
         * The waits after faults of the network: each is a random part of a span that begins here and doubles up to the cap.
         * Default 100 ms, up to 5 s.
         *
         * @param base the first span, more than zero
         * @param cap the longest span, not below the first
         * @return this builder
         */
        public Builder transportBackoff(Duration base, Duration cap) {
            requireSpans(base, cap, "transportBackoff");
            this.transportBackoff = base;
            this.transportBackoffCap = cap;
            return this;
        }

        /**
         * The waits after 408 and 5xx: each is a random part of a span that begins here and doubles up to the cap, and in any
         * case as long as a {@code Retry-After} asks. Default 1 s, up to 20 s.
         *
         * @param base the first span, more than zero
         * @param cap the longest span, not below the first
         * @return this builder
         */
        public Builder statusBackoff(Duration base, Duration cap) {
            requireSpans(base, cap, "statusBackoff");
            this.statusBackoff = base;
            this.statusBackoffCap = cap;
            return this;
        }

        /**
         * The longest wait that is taken from the service. Default 120 s. If it asks for more, a single call fails at once, with
         * what the service asked for in the error, and a bulk run holds.
         *
         * @param longestServerWait more than zero
         * @return this builder
         */
        public Builder longestServerWait(Duration longestServerWait) {
            this.longestServerWait = requirePositive(longestServerWait, "longestServerWait");
            return this;
        }

        /**
         * The budget of retries that all calls of a client share. Default 500 tokens, 14 for each retry: 35 retries when nothing
         * succeeds, and at most one for every 14 successes in the long run. A success gives back one token, and what the retry
         * that brought it had taken. Waiting for quota takes nothing.
         *
         * @param capacity how many tokens it holds, from 0 on; 0 means no paid retries
         * @param retryCost what a retry takes, at least 1
         * @return this builder
         */
        public Builder budget(int capacity, int retryCost) {
            this.budget = requireFrom(0, capacity, "budget capacity");
            this.retryCost = requireFrom(1, retryCost, "retryCost");
            return this;
        }

        /**
         * How long a single call may take, from its subscription to its end, all attempts and all waiting included. Default 90 s.
         * Then it fails with {@link dev.closecrm.core.error.CallTimeoutException}; it fails earlier if the next wait would not
         * fit. Items of a bulk run have a limit of their own.
         *
         * @param callTimeout more than zero
         * @return this builder
         */
        public Builder callTimeout(Duration callTimeout) {
            this.callTimeout = requirePositive(callTimeout, "callTimeout");
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public RetryOptions build() {
            return new RetryOptions(this);
        }

        private static int requireFrom(int least, int value, String name) {
            if (value < least) {
                throw new IllegalArgumentException(name + " is " + value + ", must be at least " + least);
            }
            return value;
        }

        private static void requireSpans(Duration base, Duration cap, String name) {
            requirePositive(base, name);
            requirePositive(cap, name + " cap");
            if (cap.compareTo(base) < 0) {
                throw new IllegalArgumentException(
                        "the cap of " + name + " is " + cap + ", must not be below its base, " + base);
            }
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
