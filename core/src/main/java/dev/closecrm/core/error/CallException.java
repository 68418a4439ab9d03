package dev.closecrm.core.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A call for one contact failed. {@link #delivery()} says whether the contact may be gone all the same. */
public abstract sealed class CallException extends CloseCrmException
        permits InvalidContactIdException,
                ApiException,
                TransportException,
                CallTimeoutException,
                TokenRefreshException {

    private static final long serialVersionUID = 1L;

    private final @Nullable String contactId;
    private final int attempts;
    private final Delivery delivery;

    CallException(
            ErrorCode code,
            String message,
            @Nullable Throwable cause,
            @Nullable String contactId,
            int attempts,
            Delivery delivery) {
        super(code, message, cause);
        this.contactId = contactId;
        this.attempts = attempts;
        this.delivery = Objects.requireNonNull(delivery, "delivery");
    }

    /**
     * The contact id as it was handed in.
     *
     * @return the id; null only if null was handed in
     */
    public @Nullable String contactId() {
        return contactId;
    }

    /**
     * How many HTTP exchanges were begun for the call.
     *
     * @return 0 or more
     */
    public int attempts() {
        return attempts;
    }

    /**
     * What the call may have done to the contact.
     *
     * @return never null
     */
    public Delivery delivery() {
        return delivery;
    }

    /**
     * The id the service gave to the request it answered last, from the header {@code X-Request-Id}, for its support desk.
     *
     * @return the id, or null if no answer was read or it had none
     */
    public @Nullable String requestId() {
        return null;
    }

    static String told(int attempts, Delivery delivery) {
        String contact = switch (delivery) {
            case NOT_SENT -> "nothing was sent";
            case NOT_APPLIED -> "nothing was deleted";
            case UNKNOWN -> "the contact may be deleted all the same";
        };
        return " (" + (attempts == 1 ? "1 attempt" : attempts + " attempts") + "; " + contact + ")";
    }
}
