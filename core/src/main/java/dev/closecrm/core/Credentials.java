package dev.closecrm.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * On whose behalf contacts are deleted: an API key, or an OAuth 2.0 access token.
 *
 * <p>The secret leaves this object only through {@link #authorization()}, which is meant for the one header of that name.
 * {@link #toString()} prints a mask, {@link #equals(Object)} takes the same time whatever differs, and the type is not
 * serializable.
 */
public final class Credentials {

    private static final String MASK = "***";

    private final String kind;
    private final String secret;
    private final String authorization;

    private Credentials(String kind, String secret, String authorization) {
        this.kind = kind;
        this.secret = secret;
        this.authorization = authorization;
    }

    /**
     * Credentials from an API key, sent as HTTP Basic with the key as user name and an empty password (Close API,
     * "Authentication with API keys"; RFC 7617).
     *
     * @param key the key; visible ASCII without a colon
     * @return the credentials
     * @throws IllegalArgumentException if the key is empty or has a character that does not belong into a key. The message
     *     never repeats the key.
     */
    public static Credentials apiKey(String key) {
        String checked = requireToken(key, "API key");
        byte[] userAndPassword = (checked + ":").getBytes(StandardCharsets.US_ASCII);
        return new Credentials("apiKey", checked, "Basic " + Base64.getEncoder().encodeToString(userAndPassword));
    }

    /**
     * Several API keys of one organisation, to be used together.
     *
     * @param keys from 1 to 16 different keys, as for {@link #apiKey}
     * @return the keys
     * @throws IllegalArgumentException if there are none or too many, one is there twice, or one cannot be a key. The message never
     *     repeats a key.
     */
    public static ApiKeys keys(String... keys) {
        return new ApiKeys(List.of(keys));
    }

    /**
     * Credentials from an OAuth 2.0 access token, sent as a bearer token (RFC 6750).
     *
     * @param token the token; visible ASCII without a colon
     * @return the credentials
     * @throws IllegalArgumentException if the token is empty or has a character that does not belong into a token. The
     *     message never repeats the token.
     */
    public static Credentials accessToken(String token) {
        String checked = requireToken(token, "access token");
        return new Credentials("accessToken", checked, "Bearer " + checked);
    }

    /**
     * The value of the {@code Authorization} header. This is the secret itself: put it nowhere else.
     *
     * @return the header's value
     */
    public String authorization() {
        return authorization;
    }

    /**
     * Masks these credentials in a text from somewhere else, such as the body of an error page that echoes its request.
     *
     * @param text any text
     * @return the text, with the secret and its encoded form replaced by a mask
     */
    public String redact(String text) {
        String encoded = authorization.substring(authorization.indexOf(' ') + 1);
        // The encoded form without its padding too: an echo may have stripped it.
        return text.replace(encoded, MASK)
                .replace(encoded.replace("=", ""), MASK)
                .replace(secret, MASK);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Credentials that
                && MessageDigest.isEqual(
                        authorization.getBytes(StandardCharsets.US_ASCII),
                        that.authorization.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public int hashCode() {
        return authorization.hashCode();
    }

    /** Which kind of credentials these are, with the secret masked. */
    @Override
    public String toString() {
        return "Credentials[" + kind + "=" + MASK + "]";
    }

    private static String requireToken(String text, String what) {
        Objects.requireNonNull(text, () -> "the " + what + " is null; is the variable it comes from set?");
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the " + what + " is empty");
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > '~' || c == ':') {
                throw new IllegalArgumentException(
                        "the " + what + " has a character that cannot be part of one, at position " + i
                                + " (allowed: visible ASCII without a colon; check for a line break or a blank at its end)");
            }
        }
        return text;
    }
}
