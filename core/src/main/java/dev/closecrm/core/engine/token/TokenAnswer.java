package dev.closecrm.core.engine.token;

import dev.closecrm.core.Credentials;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an attempt to renew a token ended, as a value. */
public sealed interface TokenAnswer {

    /**
     * There is a new access token.
     *
     * @param accessToken the token
     * @param expiresIn how long it is good for, or null if the answer does not say
     * @param refreshToken the refresh token to use from now on, or null if the old one stays
     */
    record Granted(
            Credentials accessToken,
            @Nullable Duration expiresIn,
            @Nullable String refreshToken) implements TokenAnswer {

        /** Without the refresh token. */
        @Override
        public String toString() {
            return "Granted[expiresIn=" + expiresIn + ", "
                    + (refreshToken == null ? "same refresh token]" : "new refresh token]");
        }
    }

    /**
     * There is none.
     *
     * @param detail what happened, without secrets, on one line
     * @param retryable whether asking again can help
     * @param retryAfter how long the endpoint asks to wait, or null if it did not say
     * @param cause the transport's own error, or null
     */
    record Denied(
            String detail,
            boolean retryable,
            @Nullable Duration retryAfter,
            @Nullable Throwable cause) implements TokenAnswer {}
}
