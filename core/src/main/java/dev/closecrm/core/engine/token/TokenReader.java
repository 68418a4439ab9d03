package dev.closecrm.core.engine.token;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.json.BoundedJson;
import dev.closecrm.core.engine.response.ResponseHeaders;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads an answer of the token endpoint (RFC 6749, sections 5.1 and 5.2). A pure function that never fails.
 *
 * <p>It is lenient where nothing can go wrong: an unknown life time, a number written as a string, no {@code token_type}. It
 * believes a success only as a JSON object with a usable {@code access_token}, since a captive portal also says 200.
 */
public final class TokenReader {

    /** The most bytes of a body that are read. */
    public static final int MAX_BODY_BYTES = BoundedJson.MAX_BODY_BYTES;

    /** Errors that a second try with the same client and the same refresh token will meet again. */
    private static final Set<String> FINAL = Set.of(
            "invalid_client",
            "invalid_grant",
            "invalid_request",
            "invalid_scope",
            "unauthorized_client",
            "unsupported_grant_type");

    /** Errors that pass, whatever status comes with them. */
    private static final Set<String> PASSING = Set.of("server_error", "slow_down", "temporarily_unavailable");

    private static final BigDecimal LONGEST = BigDecimal.valueOf(10 * 365 * 86_400L);
    private static final long LONGEST_WAIT = 300;
    private static final int MAX_TEXT = 200;

    private final UnaryOperator<String> redact;

    /**
     * Makes a reader for the answer to a request.
     *
     * @param redact masks the secrets of the request in a text
     */
    public TokenReader(UnaryOperator<String> redact) {
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
    public TokenAnswer read(int status, ResponseHeaders headers, byte[] body, boolean complete) {
        JsonNode root = complete ? BoundedJson.read(body) : null;
        String error = root == null ? "" : code(root.path("error"));
        if (status >= 200 && status <= 299 && error.isEmpty()) {
            return granted(root);
        }
        boolean serverFault = status == 408 || status == 429 || (status >= 500 && status <= 599);
        boolean retryable = PASSING.contains(error) || (serverFault && !FINAL.contains(error));
        return new TokenAnswer.Denied(detail(status, error, root), retryable, retryAfter(headers), null);
    }

    private static TokenAnswer granted(@Nullable JsonNode root) {
        if (root == null || !root.isObject()) {
            return unreadable("it is not a JSON object");
        }
        JsonNode type = root.path("token_type");
        if (type.isString() && !type.stringValue().equalsIgnoreCase("bearer")) {
            // Section 7.1: a token of a type the client does not know must not be used.
            return new TokenAnswer.Denied(
                    "the token endpoint issued a token that is not a bearer token", false, null, null);
        }
        JsonNode token = root.path("access_token");
        if (!token.isString()) {
            return unreadable("it has no access_token");
        }
        Credentials credentials;
        try {
            credentials = Credentials.accessToken(token.stringValue());
        } catch (IllegalArgumentException unusable) {
            return unreadable("its access_token has characters that a header cannot carry");
        }
        JsonNode refreshToken = root.path("refresh_token");
        return new TokenAnswer.Granted(
                credentials,
                lifeTime(root.path("expires_in")),
                refreshToken.isString() && !refreshToken.stringValue().isEmpty() ? refreshToken.stringValue() : null);
    }

    /** Retryable: whoever answered, it was not the endpoint in its right mind. */
    private static TokenAnswer unreadable(String why) {
        return new TokenAnswer.Denied("the answer of the token endpoint cannot be used: " + why, true, null, null);
    }

    /** Less than a second is as if it were not said: such a token would have to be renewed for each call. */
    private static @Nullable Duration lifeTime(JsonNode seconds) {
        BigDecimal value;
        if (seconds.isNumber()) {
            // Not-a-number and numbers beyond all bounds have no decimal value.
            value = seconds.asDecimal(BigDecimal.ZERO);
        } else if (seconds.isString() && seconds.stringValue().strip().matches("\\d{1,12}")) {
            value = new BigDecimal(seconds.stringValue().strip());
        } else {
            return null;
        }
        return value.compareTo(BigDecimal.ONE) < 0
                ? null
                : Duration.ofSeconds(value.min(LONGEST).longValue());
    }

    private String detail(int status, String error, @Nullable JsonNode root) {
        StringBuilder detail = new StringBuilder("the token endpoint answered ").append(status);
        if (status >= 300 && status <= 399) {
            return detail.append("; redirects are not followed").toString();
        }
        if (!error.isEmpty()) {
            detail.append(' ').append(redact.apply(error));
        }
        JsonNode description = root == null ? null : root.path("error_description");
        if (description != null && description.isString()) {
            detail.append(": ").append(plain(redact.apply(description.stringValue())));
        }
        return detail.toString();
    }

    /** The error's code. Anything that does not look like one is left out: nobody knows what it quotes. */
    private static String code(JsonNode error) {
        return error.isString() && error.stringValue().matches("[A-Za-z0-9_.-]{1,60}") ? error.stringValue() : "";
    }

    /** Foreign text made fit for a log: bounded, and of the characters that section 5.2 allows. */
    private static String plain(String text) {
        String bounded = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "..." : text;
        return bounded.replaceAll("[^ -~]", "?");
    }

    /** Seconds (RFC 9110, 10.2.3), bounded: no answer may switch the renewal off for good. */
    private static @Nullable Duration retryAfter(ResponseHeaders headers) {
        String value = headers.first("retry-after");
        return value != null && value.strip().matches("\\d{1,10}")
                ? Duration.ofSeconds(Math.min(LONGEST_WAIT, Long.parseLong(value.strip())))
                : null;
    }
}
