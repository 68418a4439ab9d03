package dev.closecrm.core.error;

/** 401: the key or token is wrong, expired or revoked. No other contact will fare better with it. */
public final class UnauthorizedException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public UnauthorizedException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.UNAUTHORIZED,
                "the service refused the credentials; check the API key or token",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: other credentials are needed. */
    @Override
    public boolean retryable() {
        return false;
    }
}
