package dev.closecrm.core.engine.request;

import java.net.URI;
import java.util.Locale;
import java.util.Objects;

/** Where access tokens are renewed, checked once. It is configured and never read from an answer. */
public final class TokenEndpoint {

    private final boolean secure;
    private final URI uri;

    private TokenEndpoint(boolean secure, URI uri) {
        this.secure = secure;
        this.uri = uri;
    }

    /**
     * Checks the URL of a token endpoint.
     *
     * @param url {@code https}, or {@code http} to a loopback host; no user info, query or fragment
     * @return the endpoint
     * @throws IllegalArgumentException if it is anything else; what may hold a secret (user info, a query) is not repeated
     */
    public static TokenEndpoint of(URI url) {
        Objects.requireNonNull(url, "tokenEndpoint");
        if (url.getRawUserInfo() != null || (url.getHost() == null && ApiEndpoint.hasAt(url))) {
            throw new IllegalArgumentException(
                    "the token endpoint carries user info; give it to clientId(…) and clientSecret(…) instead");
        }
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        String host = url.getHost();
        if (host == null || !(scheme.equals("https") || scheme.equals("http"))) {
            throw new IllegalArgumentException(
                    "the token endpoint must be a URL like https://api.close.com/oauth2/token/");
        }
        if (url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new IllegalArgumentException("the token endpoint must have no query and no fragment");
        }
        boolean secure = scheme.equals("https");
        if (!secure && !ApiEndpoint.isLoopback(host)) {
            throw new IllegalArgumentException("the token endpoint is plain http to " + host
                    + ", which would show the client secret to everyone on the way; use https");
        }
        // The port is always spelled out: without one, Reactor Netty looks into the environment variable PORT.
        int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "the port of the token endpoint must be from 1 to 65535, but is " + port);
        }
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return new TokenEndpoint(secure, URI.create(scheme + "://" + host + ":" + port + path));
    }

    /**
     * Whether requests go over TLS.
     *
     * @return true for https
     */
    public boolean secure() {
        return secure;
    }

    /**
     * The URL.
     *
     * @return an absolute URL with its port
     */
    public URI uri() {
        return uri;
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
