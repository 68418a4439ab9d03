package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.json.BoundedJson;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.ErrorResponse;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer. A pure function: the same answer always means the same.
 *
 * <p>Two rules keep a report from being wrong. A success is believed only as 200 or 204 with an empty body or a JSON object,
 * since a captive portal also says 200. A 404 is believed only with a JSON object as its body, since a proxy or a wrong base
 * URL also says 404. Everything the API does not answer is {@link Refusal#UNEXPECTED}.
 */
public final class ResponseReader {

    /** The most bytes of a body that are read; what is longer is not an answer of the API. */
    public static final int MAX_BODY_BYTES = BoundedJson.MAX_BODY_BYTES;

    private final UnaryOperator<String> redact;

    /**
     * Makes a reader for answers to somebody.
     *
     * @param redact masks the credentials in a text; a page that echoes its request must not put them into an error
     */
    public ResponseReader(UnaryOperator<String> redact) {
        this.redact = redact;
    }

    /** Makes what the first reading needs; may be slow, so it is not left to that reading. */
    public static void prepare() {
        BoundedJson.prepare();
    }

    /**
     * Reads an answer.
     *
     * @param status the status code
     * @param headers the headers
     * @param body the first {@link #MAX_BODY_BYTES} of the body
     * @param complete whether that is the whole body
     * @return what it means
     */
    public AttemptResult read(int status, ResponseHeaders headers, byte[] body, boolean complete) {
        if (status == 200 || status == 204) {
            return complete && saysDeleted(body)
                    ? new AttemptResult.Deleted(status)
                    : refused(Refusal.UNEXPECTED, status, headers, ErrorBody.read(body));
        }
        ErrorBody error = ErrorBody.read(body);
        return switch (status) {
            case 400 -> refused(Refusal.BAD_REQUEST, status, headers, error);
            case 401 -> refused(Refusal.UNAUTHORIZED, status, headers, error);
            case 402 -> refused(Refusal.PAYMENT_REQUIRED, status, headers, error);
            case 403 -> refused(Refusal.FORBIDDEN, status, headers, error);
            case 404 ->
                error.isObject() && complete
                        ? new AttemptResult.NotFound(response(status, headers, error))
                        : refused(Refusal.UNEXPECTED, status, headers, error);
            case 405 -> refused(Refusal.METHOD_NOT_ALLOWED, status, headers, error);
            case 415 -> refused(Refusal.UNSUPPORTED_MEDIA_TYPE, status, headers, error);
            case 429 -> refused(Refusal.RATE_LIMITED, status, headers, error);
            default ->
                refused(
                        status == 408 || (status >= 500 && status <= 599) ? Refusal.SERVER_ERROR : Refusal.UNEXPECTED,
                        status,
                        headers,
                        error);
        };
    }

    private static boolean saysDeleted(byte[] body) {
        // The body of nearly every success, told apart without a parser.
        boolean emptyObject = body.length == 2 && body[0] == '{' && body[1] == '}';
        return body.length == 0 || emptyObject || ErrorBody.read(body).isObject();
    }

    private AttemptResult refused(Refusal refusal, int status, ResponseHeaders headers, ErrorBody error) {
        return new AttemptResult.Refused(refusal, response(status, headers, error), retryAfter(headers, error));
    }

    private ErrorResponse response(int status, ResponseHeaders headers, ErrorBody error) {
        ErrorBody safe = error.map(redact);
        String requestId = headers.first("x-request-id");
        return new ErrorResponse(
                status, safe.messages(), safe.fieldErrors(), requestId == null ? null : redact.apply(requestId));
    }

    /**
     * The {@code rate_reset} of the body, which has the finest resolution, else {@code Retry-After} in seconds (RFC 9110,
     * 10.2.3). What cannot be read is as if it were not there.
     */
    private static @Nullable Duration retryAfter(ResponseHeaders headers, ErrorBody error) {
        if (error.rateReset() != null) {
            return error.rateReset();
        }
        String header = headers.first("retry-after");
        // Ten digits are 300 years.
        return header != null && header.strip().matches("\\d{1,10}")
                ? Duration.ofSeconds(Long.parseLong(header.strip()))
                : null;
    }
}
