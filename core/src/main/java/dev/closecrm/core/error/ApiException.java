package dev.closecrm.core.error;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The service, or something in between, answered that it did not delete the contact, or gave an answer of no use. */
public abstract sealed class ApiException extends CallException
        permits BadRequestException,
                UnauthorizedException,
                PaymentRequiredException,
                ForbiddenException,
                ContactNotFoundException,
                MethodNotAllowedException,
                UnsupportedMediaTypeException,
                RateLimitedException,
                ServerErrorException,
                UnexpectedResponseException {

    private static final long serialVersionUID = 1L;

    private final ErrorResponse response;

    ApiException(
            ErrorCode code, String what, String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        super(code, message(what, contactId, response, attempts, delivery), null, contactId, attempts, delivery);
        this.response = Objects.requireNonNull(response, "response");
    }

    /**
     * The HTTP status of the last answer.
     *
     * @return the status
     */
    public int status() {
        return response.status();
    }

    /**
     * The error texts of the last answer, cut to 2 KiB in all.
     *
     * @return the texts in the order of the body; empty if it had none
     */
    public List<String> messages() {
        return response.messages();
    }

    /**
     * The error text for each field that the last answer complained about.
     *
     * @return field to text; empty if none
     */
    public Map<String, String> fieldErrors() {
        return response.fieldErrors();
    }

    @Override
    public @Nullable String requestId() {
        return response.requestId();
    }

    /** For the message of an error after which the service asked to be left alone for a while. */
    static String askedToWait(@Nullable Duration retryAfter) {
        return retryAfter == null ? "" : ", the service asks to wait " + retryAfter.toMillis() + " ms";
    }

    private static String message(
            String what, String contactId, ErrorResponse response, int attempts, Delivery delivery) {
        StringBuilder text = new StringBuilder("deleting ")
                .append(contactId)
                .append(": ")
                .append(what)
                .append(", status ")
                .append(response.status());
        if (!response.messages().isEmpty()) {
            text.append(": ").append(String.join("; ", response.messages()));
        }
        response.fieldErrors()
                .forEach((field, error) ->
                        text.append("; ").append(field).append(": ").append(error));
        return text.append(told(attempts, delivery)).toString();
    }
}
