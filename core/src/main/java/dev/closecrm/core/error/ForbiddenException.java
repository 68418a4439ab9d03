package dev.closecrm.core.error;

/** 403: the user behind the credentials may not delete this contact. */
public final class ForbiddenException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public ForbiddenException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.FORBIDDEN,
                "the user behind the credentials may not delete this contact",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: somebody has to grant the permission. */
    @Override
    public boolean retryable() {
        return false;
    }
}
