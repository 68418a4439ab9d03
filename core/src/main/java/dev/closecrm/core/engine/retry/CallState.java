package dev.closecrm.core.engine.retry;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.Delivery;

/**
 * What a call knows after some of its attempts.
 *
 * @param attempts how many exchanges were begun
 * @param charged how many of them count against the limit of attempts: those that were neither free nor refused
 * @param refusals how many of them met a used-up quota (429)
 * @param unprocessed how many of them certainly never reached the service, by no fault of the call
 * @param renewed whether other credentials have been asked for already
 * @param delivery what they together may have done to the contact
 */
public record CallState(int attempts, int charged, int refusals, int unprocessed, boolean renewed, Delivery delivery) {

    /** Before the first attempt. */
    public static final CallState NEW = new CallState(0, 0, 0, 0, false, Delivery.NOT_SENT);

    /** Before the first attempt of a call whose contact an earlier request, of whom nothing is known, may have deleted. */
    public static final CallState MAYBE_SENT_BEFORE = new CallState(0, 0, 0, 0, false, Delivery.UNKNOWN);

    /**
     * What the call knows after one more attempt.
     *
     * @param result how that attempt ended
     * @return the next state
     */
    public CallState after(AttemptResult result) {
        boolean refused = result instanceof AttemptResult.Refused answer && answer.refusal() == Refusal.RATE_LIMITED;
        boolean missed = result instanceof AttemptResult.Faulted fault && fault.prospect() == Prospect.UNPROCESSED;
        // Only the first that was not processed is free: where no connection lasts, there has to be an end.
        boolean free = refused || (missed && unprocessed == 0);
        return new CallState(
                attempts + 1,
                charged + (free ? 0 : 1),
                refusals + (refused ? 1 : 0),
                unprocessed + (missed ? 1 : 0),
                renewed,
                delivery.and(result.delivery()));
    }

    /**
     * What the call knows after one more attempt that it made for others too, to see whether the service is back.
     *
     * @param result how that attempt ended
     * @return the next state, with nothing charged
     */
    public CallState afterProbe(AttemptResult result) {
        CallState next = after(result);
        return new CallState(next.attempts, charged, refusals, next.unprocessed, renewed, next.delivery);
    }

    /**
     * The same with other credentials: the attempt that showed that they were needed is not charged.
     *
     * @return the next state
     */
    public CallState withRenewal() {
        return new CallState(attempts, Math.max(0, charged - 1), refusals, unprocessed, true, delivery);
    }
}
