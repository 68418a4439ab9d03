package dev.closecrm.core.error;

/** 415: the service does not take the form of the request. */
public final class UnsupportedMediaTypeException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public UnsupportedMediaTypeException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "the service does not take the form of the request",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: the same request gets the same answer. */
    @Override
    public boolean retryable() {
        return false;
    }
}
