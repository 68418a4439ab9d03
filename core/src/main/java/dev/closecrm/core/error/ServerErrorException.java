package dev.closecrm.core.error;

/** 408 or 5xx: the service, or something before it, failed. It may have deleted the contact before it did. */
public final class ServerErrorException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public ServerErrorException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(ErrorCode.SERVER_ERROR, "the service failed", contactId, response, attempts, delivery);
    }

    /** Except for 501 and 505, which say that this will not work at all. */
    @Override
    public boolean retryable() {
        return status() != 501 && status() != 505;
    }
}
