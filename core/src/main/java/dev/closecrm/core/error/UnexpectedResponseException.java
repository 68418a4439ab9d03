package dev.closecrm.core.error;

/**
 * An answer the API does not give: a redirect, an unknown status, a body that is not the API's (an HTML page, a cut or oversized
 * body). Often a proxy or a wrong base URL. What became of the contact cannot be told from it.
 */
public final class UnexpectedResponseException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public UnexpectedResponseException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.UNEXPECTED_RESPONSE,
                "this is not an answer of the API; check the base URL and what stands in between",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never by itself: something has to be looked at. */
    @Override
    public boolean retryable() {
        return false;
    }
}
