package dev.closecrm.core.error;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** 408 or 5xx: the service, or something before it, failed. It may have deleted the contact before it did. */
public final class ServerErrorException extends ApiException {

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
    public ServerErrorException(
            String contactId, ErrorResponse response, @Nullable Duration retryAfter, int attempts, Delivery delivery) {
        super(
                ErrorCode.SERVER_ERROR,
                "the service failed" + askedToWait(retryAfter),
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

    /** Except for 501 and 505, which say that this will not work at all. */
    @Override
    public boolean retryable() {
        return status() != 501 && status() != 505;
    }
}
