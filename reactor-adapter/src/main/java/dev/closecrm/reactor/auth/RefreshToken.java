package dev.closecrm.reactor.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * An OAuth 2.0 refresh token: whoever has it, and the client's secret, can act for the user until it is revoked.
 *
 * <p>{@link #toString()} prints a mask, {@link #equals(Object)} takes the same time whatever differs, and the type is not
 * serializable.
 */
public final class RefreshToken {

    private final String value;

    private RefreshToken(String value) {
        this.value = value;
    }

    /**
     * Wraps a token.
     *
     * @param value the token
     * @return the same, with a mask
     * @throws IllegalArgumentException if it is empty
     */
    public static RefreshToken of(String value) {
        if (Objects.requireNonNull(value, "refresh token").isEmpty()) {
            throw new IllegalArgumentException("the refresh token is empty");
        }
        return new RefreshToken(value);
    }

    /**
     * The token itself, for the store. Put it nowhere else.
     *
     * @return the secret
     */
    public String value() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RefreshToken that
                && MessageDigest.isEqual(
                        value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    /** A mask. */
    @Override
    public String toString() {
        return "RefreshToken[***]";
    }
}
