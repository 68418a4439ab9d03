package dev.closecrm.core.error;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The time limit of the whole call passed, waiting included. The last failure before it, if any, is the cause. */
public final class CallTimeoutException extends CallException {

    private static final long serialVersionUID = 1L;

    /** What the call was doing. */
    public enum Phase {
        /** Waiting for quota. */
        QUOTA,
        /** Waiting before another attempt. */
        BACKOFF,
        /** Waiting for one of the calls in flight to end. */
        PERMIT,
        /** In the middle of an exchange. */
        ATTEMPT
    }

    private final Phase phase;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param phase what the call was doing
     * @param limit the limit that passed
     * @param lastFailure the last failure before it, or null
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public CallTimeoutException(
            String contactId,
            Phase phase,
            Duration limit,
            @Nullable Throwable lastFailure,
            int attempts,
            Delivery delivery) {
        super(
                ErrorCode.CALL_TIMEOUT,
                "deleting " + contactId + ": not done within " + limit + ", last phase " + phase
                        + told(attempts, delivery),
                lastFailure,
                contactId,
                attempts,
                delivery);
        this.phase = Objects.requireNonNull(phase, "phase");
    }

    /**
     * What the call was doing when the limit passed.
     *
     * @return the phase
     */
    public Phase phase() {
        return phase;
    }

    /** Always: nothing about the call itself was wrong. */
    @Override
    public boolean retryable() {
        return true;
    }
}
