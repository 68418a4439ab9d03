package dev.closecrm.core.engine.request;

import dev.closecrm.core.ContactId;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Where the API is, checked once, and the URL of each contact below it. */
public final class ApiEndpoint {

    private static final Set<String> PATHS = Set.of("", "/", "/api/v1", "/api/v1/");

    private final boolean secure;
    private final URI url;
    private final String contacts;

    private ApiEndpoint(boolean secure, String host, int port) {
        this.secure = secure;
        this.url = URI.create((secure ? "https" : "http") + "://" + host + ":" + port);
        this.contacts = url + "/api/v1/contact/";
    }

    /**
     * Checks a base URL.
     *
     * @param baseUrl scheme, host, optional port; no path, {@code /} or {@code /api/v1[/]}
     * @param plaintextAllowed whether {@code http} is fine for hosts other than loopback
     * @return the endpoint
     * @throws IllegalArgumentException if it is anything else; the message says what to do. What may hold a secret (user info,
     *     a query, text that is no URL) is not repeated.
     */
    public static ApiEndpoint of(URI baseUrl, boolean plaintextAllowed) {
        Objects.requireNonNull(baseUrl, "baseUrl");
        if (baseUrl.getRawUserInfo() != null || (baseUrl.getHost() == null && hasAt(baseUrl))) {
            throw new IllegalArgumentException(
                    "the base URL carries user info; give the API key to credentials(…) instead");
        }
        String scheme = baseUrl.getScheme() == null ? "" : baseUrl.getScheme().toLowerCase(Locale.ROOT);
        String host = baseUrl.getHost();
        if (host == null || !(scheme.equals("https") || scheme.equals("http"))) {
            throw new IllegalArgumentException("the base URL must be like https://api.close.com");
        }
        if (baseUrl.getRawQuery() != null || baseUrl.getRawFragment() != null) {
            throw new IllegalArgumentException("the base URL must have no query and no fragment");
        }
        if (!PATHS.contains(baseUrl.getRawPath())) {
            throw new IllegalArgumentException(
                    "the path of the base URL must be empty or /api/v1, but is " + baseUrl.getRawPath());
        }
        boolean secure = scheme.equals("https");
        if (!secure && !plaintextAllowed && !isLoopback(host)) {
            throw new IllegalArgumentException("the base URL is plain http to " + host
                    + ", which would show the credentials to everyone on the way; use https, or say allowPlaintext()");
        }
        // Always spelled out, so that no default of somebody else counts.
        int port = baseUrl.getPort() >= 0 ? baseUrl.getPort() : secure ? 443 : 80;
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the port of the base URL must be from 1 to 65535, but is " + port);
        }
        return new ApiEndpoint(secure, host, port);
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
     * Where it is, whatever is asked of it.
     *
     * @return scheme, host and port; an IPv6 address stands in brackets
     */
    public URI url() {
        return url;
    }

    /**
     * The URL of one contact. An id holds letters and digits only, so nothing needs escaping and nothing can escape.
     *
     * @param id the contact
     * @return an absolute URL with its port and a trailing slash
     */
    public URI contact(ContactId id) {
        return URI.create(contacts + id.value() + "/");
    }

    @Override
    public String toString() {
        return contacts;
    }

    static boolean hasAt(URI url) {
        return url.getRawAuthority() != null && url.getRawAuthority().indexOf('@') >= 0;
    }

    /** By the text alone: a lookup could block, and could answer differently later. */
    static boolean isLoopback(String host) {
        return host.equalsIgnoreCase("localhost")
                || host.equals("[::1]")
                || host.equals("[0:0:0:0:0:0:0:1]")
                || host.matches("127(\\.\\d{1,3}){3}");
    }
}
