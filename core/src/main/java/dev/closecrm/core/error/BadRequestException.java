package dev.closecrm.core.error;

/** 400: the service could not make sense of the request. */
public final class BadRequestException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public BadRequestException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(ErrorCode.BAD_REQUEST, "the service refused the request", contactId, response, attempts, delivery);
    }

    /** Never: the same request gets the same answer. */
    @Override
    public boolean retryable() {
        return false;
    }
}
