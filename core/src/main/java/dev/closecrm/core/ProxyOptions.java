package dev.closecrm.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxy to go through, and what it wants to know.
 *
 * <p>A proxy only ever gets a tunnel: an HTTP proxy is asked with {@code CONNECT}, for plain {@code http} too, so that no request,
 * and with it no API key, reaches the proxy as one that it would log. The host name of the service is looked up by the proxy.
 *
 * <p>Immutable. The password leaves this object only through {@link #password()}, which is meant for the proxy itself;
 * {@link #toString()} prints a mask, {@link #equals(Object)} takes the same time whatever differs in it, and the type is not
 * serializable.
 */
public final class ProxyOptions {

    /** How a proxy is spoken to. */
    public enum Kind {
        /** HTTP {@code CONNECT} (RFC 9110, 9.3.6). */
        HTTP,
        /** SOCKS version 5 (RFC 1928). */
        SOCKS5
    }

    private static final int MAX_SOCKS_BYTES = 255;

    private final Kind kind;
    private final String host;
    private final int port;
    private final @Nullable String user;
    private final @Nullable String password;
    private final List<String> bypassed;

    private ProxyOptions(
            Kind kind, String host, int port, @Nullable String user, @Nullable String password, List<String> bypassed) {
        this.kind = kind;
        this.host = host;
        this.port = port;
        this.user = user;
        this.password = password;
        this.bypassed = bypassed;
    }

    /**
     * An HTTP proxy that tunnels with {@code CONNECT}.
     *
     * @param host its name or address, without a scheme
     * @param port from 1 to 65535
     * @return the proxy, without credentials
     */
    public static ProxyOptions http(String host, int port) {
        return of(Kind.HTTP, host, port);
    }

    /**
     * A SOCKS 5 proxy.
     *
     * @param host its name or address, without a scheme
     * @param port from 1 to 65535
     * @return the proxy, without credentials
     */
    public static ProxyOptions socks5(String host, int port) {
        return of(Kind.SOCKS5, host, port);
    }

    private static ProxyOptions of(Kind kind, String host, int port) {
        Objects.requireNonNull(host, "host");
        if (host.isBlank() || host.chars().anyMatch(c -> c <= ' ' || c > '~' || c == '/' || c == '@')) {
            // Not repeated: a whole proxy URL may hold a password.
            throw new IllegalArgumentException(
                    "the proxy's host must be a name or an address alone, without scheme, user and path");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the proxy's port must be from 1 to 65535, but is " + port);
        }
        return new ProxyOptions(kind, host, port, null, null, List.of());
    }

    /**
     * The same proxy, with what it asks for.
     *
     * @param user the user's name
     * @param password the password; a secret that is never printed
     * @return a copy of these options
     * @throws IllegalArgumentException if the proxy's protocol cannot carry them. The message never repeats them.
     */
    public ProxyOptions credentials(String user, String password) {
        requireCarriable(Objects.requireNonNull(user, "user"), "user name");
        requireCarriable(Objects.requireNonNull(password, "password"), "password");
        if (kind == Kind.HTTP && user.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "the user name of an HTTP proxy cannot hold a colon; what follows would be taken for the password");
        }
        return new ProxyOptions(kind, host, port, user, password, bypassed);
    }

    private void requireCarriable(String text, String what) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the proxy's " + what + " is empty");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "the proxy's " + what + " has a control character; check for a line break");
        }
        if (kind == Kind.SOCKS5 && text.getBytes(StandardCharsets.UTF_8).length > MAX_SOCKS_BYTES) {
            throw new IllegalArgumentException(
                    "the proxy's " + what + " is longer than the 255 bytes that SOCKS 5 can carry");
        }
    }

    /**
     * The same proxy, left out for some hosts.
     *
     * @param hosts names or addresses as in the base URL; one that begins with a dot stands for all names that end with it
     * @return a copy of these options
     */
    public ProxyOptions bypass(String... hosts) {
        return new ProxyOptions(
                kind,
                host,
                port,
                user,
                password,
                Arrays.stream(hosts).map(name -> name.toLowerCase(Locale.ROOT)).toList());
    }

    /**
     * How the proxy is spoken to.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The proxy's name or address.
     *
     * @return the host
     */
    public String host() {
        return host;
    }

    /**
     * The proxy's port.
     *
     * @return from 1 to 65535
     */
    public int port() {
        return port;
    }

    /**
     * The user's name.
     *
     * @return the name, or empty if the proxy is to be used without credentials
     */
    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /**
     * The user's password. This is the secret itself: put it nowhere else.
     *
     * @return the password, or empty if the proxy is to be used without credentials
     */
    public Optional<String> password() {
        return Optional.ofNullable(password);
    }

    /**
     * Whether a host is reached without the proxy.
     *
     * @param target the host of a base URL
     * @return true if {@link #bypass(String...)} names it
     */
    public boolean bypasses(String target) {
        String name = target.toLowerCase(Locale.ROOT);
        return bypassed.stream()
                .anyMatch(listed -> listed.startsWith(".") ? name.endsWith(listed) : name.equals(listed));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ProxyOptions that
                && kind == that.kind
                && host.equals(that.host)
                && port == that.port
                && Objects.equals(user, that.user)
                && bypassed.equals(that.bypassed)
                && MessageDigest.isEqual(secret(), that.secret());
    }

    private byte[] secret() {
        // A password is never empty, so none and an empty one cannot be mixed up.
        return password == null ? new byte[0] : password.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, host, port, user, password, bypassed);
    }

    /** The proxy, with user and password masked. */
    @Override
    public String toString() {
        return "ProxyOptions[" + kind + " " + host + ":" + port + (user == null ? "" : ", credentials=***")
                + (bypassed.isEmpty() ? "" : ", bypass=" + bypassed) + "]";
    }
}
