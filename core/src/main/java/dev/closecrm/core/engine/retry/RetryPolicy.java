package dev.closecrm.core.engine.retry;

import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether a call tries again after an attempt, and when. A pure function; {@code RetryPolicyTest} is its table.
 *
 * <p>A delete may be repeated whatever became of the first one (RFC 9110, 9.2.2: idempotent), so what decides is only whether
 * asking again can help: a fault of the network may pass, a server that failed may recover, a used-up quota is refilled. An
 * answer about this contact, or about these credentials, would be the same again.
 */
public final class RetryPolicy {

    /** A quota that is said to be refilled at once is asked again no sooner than this, and doubled each time. */
    private static final Duration SHORTEST_REFUSAL_WAIT = Duration.ofMillis(50);

    /** For a refusal that does not say when the quota is refilled. */
    private static final Duration UNKNOWN_REFUSAL_WAIT = Duration.ofSeconds(2);

    /** Spreads callers that were all told the same moment. */
    private static final Duration JITTER = Duration.ofMillis(100);

    private final int maxAttempts;
    private final int maxRefusals;
    private final Backoff transport;
    private final Backoff status;
    private final Duration longestServerWait;

    /**
     * A policy.
     *
     * @param options its numbers
     */
    public RetryPolicy(RetryOptions options) {
        this.maxAttempts = options.maxAttempts();
        this.maxRefusals = options.maxRefusals();
        this.transport = new Backoff(options.transportBackoff(), options.transportBackoffCap());
        this.status = new Backoff(options.statusBackoff(), options.statusBackoffCap());
        this.longestServerWait = options.longestServerWait();
    }

    /**
     * Decides.
     *
     * @param result how the last attempt ended
     * @param now what the call knows after it
     * @param random from 0 inclusive to 1 exclusive
     * @return what the call does next
     */
    public Decision decide(AttemptResult result, CallState now, double random) {
        if (result instanceof AttemptResult.Refused refused) {
            return afterRefusal(refused, now, random);
        }
        if (result instanceof AttemptResult.Faulted fault) {
            return afterFault(fault, now, random);
        }
        return Decision.Finish.INSTANCE;
    }

    /**
     * Whether the service answered an attempt, and has not merely failed at it.
     *
     * @param result how the attempt ended
     * @return true if there is no outage
     */
    public static boolean answered(AttemptResult result) {
        return !(result instanceof AttemptResult.Faulted) && !looksDown(result);
    }

    /**
     * Whether an attempt ended as it does when the service is down. A fault that would come again is not of this kind: waiting
     * does not help.
     *
     * @param result how the attempt ended
     * @return true if it may be an outage
     */
    public static boolean looksDown(AttemptResult result) {
        return result instanceof AttemptResult.Faulted fault
                ? fault.prospect() != Prospect.PERMANENT
                : result instanceof AttemptResult.Refused refused
                        && refused.refusal() == Refusal.SERVER_ERROR
                        && passing(refused);
    }

    private Decision afterRefusal(AttemptResult.Refused refused, CallState now, double random) {
        return switch (refused.refusal()) {
            case RATE_LIMITED ->
                now.refusals() >= maxRefusals
                        ? Decision.Finish.INSTANCE
                        : asksForTooLong(refused)
                                ? Decision.Hold.INSTANCE
                                : new Decision.Again(refusalWait(refused.retryAfter(), now.refusals(), random), false);
            case SERVER_ERROR ->
                !passing(refused) || now.charged() >= maxAttempts
                        ? Decision.Finish.INSTANCE
                        : asksForTooLong(refused)
                                ? Decision.Hold.INSTANCE
                                : new Decision.Again(failureWait(refused.retryAfter(), now.charged(), random), true);
            case UNAUTHORIZED -> !now.renewed() ? Decision.Renew.INSTANCE : Decision.Finish.INSTANCE;
            case BAD_REQUEST, PAYMENT_REQUIRED, FORBIDDEN, METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, UNEXPECTED ->
                Decision.Finish.INSTANCE;
        };
    }

    /** 501 and 505 say that it will not work at all. */
    private static boolean passing(AttemptResult.Refused failure) {
        int code = failure.response().status();
        return code != 501 && code != 505;
    }

    private Decision afterFault(AttemptResult.Faulted fault, CallState now, double random) {
        return switch (fault.prospect()) {
            case PERMANENT -> Decision.Finish.INSTANCE;
            case UNPROCESSED ->
                now.unprocessed() == 1 ? new Decision.Again(Duration.ZERO, false) : afterLoss(now, random, true);
            case TRANSIENT -> afterLoss(now, random, true);
            // The budget is about a service that is down, and one connection that was lost is not 32 signs of that.
            case COLLATERAL -> afterLoss(now, random, false);
        };
    }

    private Decision afterLoss(CallState now, double random, boolean charged) {
        return now.charged() < maxAttempts
                ? new Decision.Again(transport.before(now.charged(), random), charged)
                : Decision.Finish.INSTANCE;
    }

    private boolean asksForTooLong(AttemptResult.Refused refused) {
        Duration asked = refused.retryAfter();
        return asked != null && asked.compareTo(longestServerWait) > 0;
    }

    private Duration failureWait(@Nullable Duration asked, int retry, double random) {
        Duration own = status.before(retry, random);
        return asked == null ? own : longer(own, spread(asked, random));
    }

    private static Duration refusalWait(@Nullable Duration asked, int refusals, double random) {
        Duration shortest = SHORTEST_REFUSAL_WAIT.multipliedBy(1L << Math.min(refusals - 1, 20));
        return spread(longer(shortest, asked == null ? UNKNOWN_REFUSAL_WAIT : asked), random);
    }

    private static Duration spread(Duration wait, double random) {
        return wait.plusNanos((long) (JITTER.toNanos() * random));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
