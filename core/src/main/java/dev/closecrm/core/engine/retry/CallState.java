package dev.closecrm.core.engine.retry;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.Delivery;

/**
 * What a call knows after some of its attempts.
 *
 * @param attempts how many exchanges were begun
 * @param delivery what they together may have done to the contact
 */
public record CallState(int attempts, Delivery delivery) {

    /** Before the first attempt. */
    public static final CallState NEW = new CallState(0, Delivery.NOT_SENT);

    /**
     * What the call knows after one more attempt.
     *
     * @param result how that attempt ended
     * @return the next state
     */
    public CallState after(AttemptResult result) {
        return new CallState(attempts + 1, delivery.and(result.delivery()));
    }
}
