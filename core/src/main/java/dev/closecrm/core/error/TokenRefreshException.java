package dev.closecrm.core.error;

import org.jspecify.annotations.Nullable;

/** The access token had to be renewed, and that failed. */
public final class TokenRefreshException extends CallException {

    private static final long serialVersionUID = 1L;

    private final boolean retryable;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param detail what happened, without secrets
     * @param retryable whether trying again later can help
     * @param cause what the renewal failed with, or null
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public TokenRefreshException(
            String contactId,
            String detail,
            boolean retryable,
            @Nullable Throwable cause,
            int attempts,
            Delivery delivery) {
        super(
                ErrorCode.TOKEN_REFRESH,
                "deleting " + contactId + ": the access token could not be renewed: " + Excerpt.of(detail, 500)
                        + told(attempts, delivery),
                cause,
                contactId,
                attempts,
                delivery);
        this.retryable = retryable;
    }

    @Override
    public boolean retryable() {
        return retryable;
    }
}
