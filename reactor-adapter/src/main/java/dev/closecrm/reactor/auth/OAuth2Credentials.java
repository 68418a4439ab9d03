package dev.closecrm.reactor.auth;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.request.TokenEndpoint;
import dev.closecrm.core.engine.token.RefreshForm;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What a client needs to renew its access token by itself (OAuth 2.0, RFC 6749, section 6): who it is, a refresh token, and where to
 * ask. Getting the first refresh token, with the user's consent in a browser, is not its business.
 *
 * <p>Immutable. The secrets leave this object only for the token endpoint: {@link #toString()} prints a mask,
 * {@link #equals(Object)} takes the same time whatever differs in them, and the type is not serializable.
 *
 * <p>Build one client for each refresh token. Two clients that share one renew it twice, and where refresh tokens rotate, each
 * voids the other's.
 */
public final class OAuth2Credentials {

    private static final URI CLOSE = URI.create("https://api.close.com/oauth2/token/");

    private final TokenEndpoint endpoint;
    private final URI tokenEndpoint;
    private final String clientId;
    private final String clientSecret;
    private final RefreshToken refreshToken;
    private final @Nullable Credentials accessToken;
    private final @Nullable Instant accessTokenExpiresAt;
    private final TokenStore tokenStore;
    private final Duration refreshBeforeExpiry;
    private final Duration refreshTimeout;

    private OAuth2Credentials(Builder builder, String clientId, String clientSecret, RefreshToken refreshToken) {
        this.endpoint = builder.endpoint;
        this.tokenEndpoint = builder.tokenEndpoint;
        this.clientId = clientId;
        this.clientSecret = clientSecret;
        this.refreshToken = refreshToken;
        this.accessToken = builder.accessToken;
        this.accessTokenExpiresAt = builder.accessTokenExpiresAt;
        this.tokenStore = builder.tokenStore;
        this.refreshBeforeExpiry = builder.refreshBeforeExpiry;
        this.refreshTimeout = builder.refreshTimeout;
    }

    /**
     * Starts from the defaults. Required are {@link Builder#clientId}, {@link Builder#clientSecret} and
     * {@link Builder#refreshToken}.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Where tokens are renewed.
     *
     * @return the URL
     * @see Builder#tokenEndpoint(URI)
     */
    public URI tokenEndpoint() {
        return tokenEndpoint;
    }

    /**
     * How long before its end an access token is renewed.
     *
     * @return zero or more
     * @see Builder#refreshBeforeExpiry(Duration)
     */
    public Duration refreshBeforeExpiry() {
        return refreshBeforeExpiry;
    }

    /**
     * How long one renewal may take.
     *
     * @return the time limit
     * @see Builder#refreshTimeout(Duration)
     */
    public Duration refreshTimeout() {
        return refreshTimeout;
    }

    TokenEndpoint endpoint() {
        return endpoint;
    }

    RefreshForm form(RefreshToken current) {
        return RefreshForm.of(clientId, clientSecret, current.value());
    }

    RefreshToken refreshToken() {
        return refreshToken;
    }

    @Nullable Credentials accessToken() {
        return accessToken;
    }

    @Nullable Instant accessTokenExpiresAt() {
        return accessTokenExpiresAt;
    }

    TokenStore tokenStore() {
        return tokenStore;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OAuth2Credentials that
                && MessageDigest.isEqual(secrets(), that.secrets())
                && clientId.equals(that.clientId)
                && endpoint.uri().equals(that.endpoint.uri())
                && Objects.equals(accessTokenExpiresAt, that.accessTokenExpiresAt)
                && tokenStore.equals(that.tokenStore)
                && refreshBeforeExpiry.equals(that.refreshBeforeExpiry)
                && refreshTimeout.equals(that.refreshTimeout);
    }

    /** All in one, so that the time a comparison takes does not tell which of them differs. None holds a line break. */
    private byte[] secrets() {
        String access = accessToken == null ? "" : accessToken.authorization();
        return String.join("\n", clientSecret, refreshToken.value(), access).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int hashCode() {
        return Objects.hash(endpoint.uri(), clientId, refreshToken);
    }

    /** Where and when tokens are renewed, with everything else masked. */
    @Override
    public String toString() {
        return "OAuth2Credentials[tokenEndpoint=" + endpoint + ", clientId=***, clientSecret=***, refreshToken=***"
                + ", refreshBeforeExpiry=" + refreshBeforeExpiry + ", refreshTimeout=" + refreshTimeout + "]";
    }

    /** Collects what is needed; each setter checks its value at once, and no message repeats a secret. */
    public static final class Builder {

        private TokenEndpoint endpoint = TokenEndpoint.of(CLOSE);
        private URI tokenEndpoint = CLOSE;
        private @Nullable String clientId;
        private @Nullable String clientSecret;
        private @Nullable RefreshToken refreshToken;
        private @Nullable Credentials accessToken;
        private @Nullable Instant accessTokenExpiresAt;
        private TokenStore tokenStore = issued -> Mono.empty();
        private Duration refreshBeforeExpiry = Duration.ofSeconds(60);
        private Duration refreshTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /**
         * Where tokens are renewed. Default {@code https://api.close.com/oauth2/token/}. The client secret and the refresh token
         * are sent there and nowhere else; redirects are not followed.
         *
         * @param tokenEndpoint an {@code https} URL, or {@code http} to a loopback host; without user info, query and fragment
         * @return this builder
         * @throws IllegalArgumentException if it is anything else
         */
        public Builder tokenEndpoint(URI tokenEndpoint) {
            this.endpoint = TokenEndpoint.of(tokenEndpoint);
            this.tokenEndpoint = tokenEndpoint;
            return this;
        }

        /**
         * The name of the application. Required.
         *
         * @param clientId visible ASCII
         * @return this builder
         */
        public Builder clientId(String clientId) {
            this.clientId = requireVisible(clientId, "client id");
            return this;
        }

        /**
         * The secret of the application. Required.
         *
         * @param clientSecret visible ASCII
         * @return this builder
         */
        public Builder clientSecret(String clientSecret) {
            this.clientSecret = requireVisible(clientSecret, "client secret");
            return this;
        }

        /**
         * The refresh token to begin with: the one that was saved last. Required.
         *
         * @param refreshToken visible ASCII
         * @return this builder
         */
        public Builder refreshToken(String refreshToken) {
            this.refreshToken = RefreshToken.of(requireVisible(refreshToken, "refresh token"));
            return this;
        }

        /**
         * An access token to begin with. Default none: the first call asks for one.
         *
         * @param accessToken the token
         * @param expiresAt when it ends; read against the system's clock once, when the client is built
         * @return this builder
         */
        public Builder accessToken(String accessToken, Instant expiresAt) {
            this.accessToken = Credentials.accessToken(accessToken);
            this.accessTokenExpiresAt = Objects.requireNonNull(expiresAt, "expiresAt");
            return this;
        }

        /**
         * An access token to begin with, of which nobody knows when it ends: it is used until the service refuses it.
         *
         * @param accessToken the token
         * @return this builder
         */
        public Builder accessToken(String accessToken) {
            this.accessToken = Credentials.accessToken(accessToken);
            this.accessTokenExpiresAt = null;
            return this;
        }

        /**
         * Where newly issued refresh tokens are saved. Default nowhere: they live as long as the client. Set one unless you know
         * that the service never issues a new refresh token; after a restart, the old one may be void.
         *
         * @param tokenStore the store
         * @return this builder
         */
        public Builder tokenStore(TokenStore tokenStore) {
            this.tokenStore = Objects.requireNonNull(tokenStore, "tokenStore");
            return this;
        }

        /**
         * How long before its end an access token is renewed, while calls go on with the old one. Default 60 s; up to a quarter
         * more by chance, so that many processes do not ask at once; never more than half of the token's life, plus that quarter.
         * Renewing needs a call: a client that nobody uses asks for nothing.
         *
         * @param refreshBeforeExpiry from zero, which renews only what has expired, to 1 day
         * @return this builder
         */
        public Builder refreshBeforeExpiry(Duration refreshBeforeExpiry) {
            this.refreshBeforeExpiry =
                    require(refreshBeforeExpiry, Duration.ZERO, Duration.ofDays(1), "refreshBeforeExpiry");
            return this;
        }

        /**
         * How long the token endpoint may take for one renewal, from the opening of the connection to the end of the answer. Default
         * 10 s. The store has the same time again.
         *
         * @param refreshTimeout from 1 ms to 5 minutes
         * @return this builder
         */
        public Builder refreshTimeout(Duration refreshTimeout) {
            this.refreshTimeout =
                    require(refreshTimeout, Duration.ofMillis(1), Duration.ofMinutes(5), "refreshTimeout");
            return this;
        }

        /**
         * Makes the credentials.
         *
         * @return immutable credentials
         * @throws IllegalStateException if a required part is missing; the message names it
         */
        public OAuth2Credentials build() {
            return new OAuth2Credentials(
                    this,
                    required(clientId, "clientId"),
                    required(clientSecret, "clientSecret"),
                    required(refreshToken, "refreshToken"));
        }

        /** What is set so far, with the secrets left out. */
        @Override
        public String toString() {
            return "OAuth2Credentials.Builder[tokenEndpoint=" + endpoint + "]";
        }

        private static <T> T required(@Nullable T value, String name) {
            if (value == null) {
                throw new IllegalStateException(name + " is missing: call " + name + "(…) before build()");
            }
            return value;
        }

        private static String requireVisible(String text, String what) {
            Objects.requireNonNull(text, () -> "the " + what + " is null; is the variable it comes from set?");
            if (text.isEmpty()) {
                throw new IllegalArgumentException("the " + what + " is empty");
            }
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c <= ' ' || c > '~') {
                    throw new IllegalArgumentException("the " + what
                            + " has a character that cannot be part of one, at position " + i
                            + " (allowed: visible ASCII; check for a line break or a blank at its end)");
                }
            }
            return text;
        }

        private static Duration require(Duration value, Duration least, Duration most, String name) {
            Objects.requireNonNull(value, name);
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(name + " is " + value + ", must be from " + least + " to " + most);
            }
            return value;
        }
    }
}
