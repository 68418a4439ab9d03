package dev.closecrm.core.error;

/** 402: the organisation's plan does not allow this. */
public final class PaymentRequiredException extends ApiException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param response what the answer said
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public PaymentRequiredException(String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(
                ErrorCode.PAYMENT_REQUIRED,
                "the plan of the organisation does not allow this",
                contactId,
                response,
                attempts,
                delivery);
    }

    /** Never: somebody has to change the plan. */
    @Override
    public boolean retryable() {
        return false;
    }
}
