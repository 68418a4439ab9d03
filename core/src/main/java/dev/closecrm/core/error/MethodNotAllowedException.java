package dev.closecrm.core.error;

/** 405: what stands at the base URL does not delete contacts. */
public final class MethodNotAllowedException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public MethodNotAllowedException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.METHOD_NOT_ALLOWED,
                "what stands at this base URL does not delete contacts",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: check the base URL. */
    @Override
    public boolean retryable() {
        return false;
    }
}
