package dev.closecrm.core.error;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** 429: the quota of the key or of the organisation is used up for now. */
public final class RateLimitedException extends ApiException {

    private static final long serialVersionUID = 1L;

    private final @Nullable Duration retryAfter;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param retryAfter how long the service asks to wait, or null if it did not say
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public RateLimitedException(
            String contactId, ErrorResponse response, @Nullable Duration retryAfter, int attempts, Delivery delivery) {
        super(
                ErrorCode.RATE_LIMITED,
                "the quota is used up" + askedToWait(retryAfter),
                contactId,
                response,
                attempts,
                delivery);
        this.retryAfter = retryAfter;
    }

    /**
     * How long the service asks to wait before the next request.
     *
     * @return the wait, or empty if it did not say
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Always: once the wait is over. */
    @Override
    public boolean retryable() {
        return true;
    }
}
