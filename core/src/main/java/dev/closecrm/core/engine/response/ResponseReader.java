package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.json.BoundedJson;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.ErrorResponse;
import java.time.Duration;
import java.util.function.UnaryOperator;

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

    /** What most answers mean where no quota is known. */
    private static final AttemptResult DELETED = new AttemptResult.Deleted(200, null);

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
     * @param receivedEpochMillis when the answer came, by the clock on the wall
     * @return what it means
     */
    public AttemptResult read(
            int status, ResponseHeaders headers, byte[] body, boolean complete, long receivedEpochMillis) {
        QuotaHeaders quota = QuotaHeaders.read(headers, status == 429);
        if ((status == 200 || status == 204) && complete && saysDeleted(body)) {
            QuotaReading reading = quota.reading();
            return reading == null && status == 200 ? DELETED : new AttemptResult.Deleted(status, reading);
        }
        ErrorBody error = ErrorBody.read(body);
        ErrorResponse response = response(status, headers, error);
        if (status == 404 && complete && error.isObject()) {
            return new AttemptResult.NotFound(response, quota.reading());
        }
        Duration retryAfter = RetryAfter.read(headers.first("retry-after"), headers.first("date"), receivedEpochMillis);
        return status == 429
                ? new AttemptResult.Refused(
                        Refusal.RATE_LIMITED,
                        response,
                        QuotaReader.wait(error.rate(), quota, retryAfter),
                        QuotaReader.reading(error.rate(), quota, retryAfter))
                : new AttemptResult.Refused(refusal(status), response, retryAfter, quota.reading());
    }

    private static Refusal refusal(int status) {
        return switch (status) {
            case 400 -> Refusal.BAD_REQUEST;
            case 401 -> Refusal.UNAUTHORIZED;
            case 402 -> Refusal.PAYMENT_REQUIRED;
            case 403 -> Refusal.FORBIDDEN;
            case 405 -> Refusal.METHOD_NOT_ALLOWED;
            case 415 -> Refusal.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> Refusal.RATE_LIMITED;
            default -> status == 408 || (status >= 500 && status <= 599) ? Refusal.SERVER_ERROR : Refusal.UNEXPECTED;
        };
    }

    private static boolean saysDeleted(byte[] body) {
        // The body of nearly every success, told apart without a parser.
        boolean emptyObject = body.length == 2 && body[0] == '{' && body[1] == '}';
        return body.length == 0 || emptyObject || ErrorBody.read(body).isObject();
    }

    private ErrorResponse response(int status, ResponseHeaders headers, ErrorBody error) {
        ErrorBody safe = error.map(redact);
        String requestId = headers.first("x-request-id");
        return new ErrorResponse(
                status, safe.messages(), safe.fieldErrors(), requestId == null ? null : redact.apply(requestId));
    }
}
