package dev.closecrm.core.error;

/**
 * 404, in the form of the API: there is no such contact in the organisation of these credentials. The service gives the same answer
 * for a contact that is gone, one that never was, and one of another organisation.
 */
public final class ContactNotFoundException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public ContactNotFoundException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.NOT_FOUND,
                "there is no such contact for these credentials",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: it will not come back. */
    @Override
    public boolean retryable() {
        return false;
    }
}
