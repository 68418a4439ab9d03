package dev.closecrm.core.engine.retry;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all calls of a client together may spend on retries. While most calls succeed it is never empty; when the service is
 * down it soon is, and then retries stop instead of adding to the load. Each retry takes some tokens; a success gives one back,
 * and what the retry that brought it had taken.
 *
 * <p>The only state that calls share in this package. One number in an atomic variable; every change is one compare-and-set, and
 * a success with a full budget, which is the common case, is a read.
 */
public final class RetryBudget {

    private final int capacity;
    private final int retryCost;
    private final AtomicInteger tokens;

    /**
     * A full budget.
     *
     * @param capacity the most tokens it holds
     * @param retryCost what a retry takes
     */
    public RetryBudget(int capacity, int retryCost) {
        this.capacity = capacity;
        this.retryCost = retryCost;
        this.tokens = new AtomicInteger(capacity);
    }

    /**
     * Takes what a retry costs.
     *
     * @return false if there is not so much left; then nothing is taken
     */
    public boolean tryTake() {
        int before = tokens.getAndUpdate(now -> now >= retryCost ? now - retryCost : now);
        return before >= retryCost;
    }

    /**
     * Notes a success.
     *
     * @param byRetry whether a retry that had been paid for brought it
     */
    public void succeeded(boolean byRetry) {
        if (tokens.get() < capacity) {
            int back = byRetry ? retryCost + 1 : 1;
            tokens.updateAndGet(now -> Math.min(capacity, now + back));
        }
    }

    /**
     * What is left.
     *
     * @return from 0 to the capacity
     */
    public int tokens() {
        return tokens.get();
    }
}
