package dev.closecrm.core;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How the client connects: how many connections, how long they live, how long each step may take.
 *
 * <p>Immutable. {@link #defaults()} suits most users; {@link #toBuilder()} changes single values. The reasons for the
 * defaults are in {@code docs/defaults.md}.
 */
public final class ConnectionOptions {

    /** Who looks host names up. */
    public enum Resolver {
        /** Netty: asks the name servers itself, without blocking. */
        NETTY,
        /** The JVM: asks the operating system, on threads that may block, with the JVM's own cache. */
        JVM
    }

    private static final ConnectionOptions DEFAULTS = new Builder().build();

    private final Protocol protocol;
    private final int maxConnections;
    private final int maxWaitingCalls;
    private final int pendingAcquireMaxCount;
    private final Duration acquireTimeout;
    private final Duration connectTimeout;
    private final Duration tlsHandshakeTimeout;
    private final Duration responseTimeout;
    private final Duration attemptTimeout;
    private final Duration maxIdleTime;
    private final Duration maxLifeTime;
    private final double maxLifeTimeVariance;
    private final Duration evictionInterval;
    private final Duration disposeTimeout;
    private final Resolver resolver;
    private final List<InetSocketAddress> nameServers;
    private final Duration dnsQueryTimeout;
    private final Duration dnsCacheCeiling;
    private final @Nullable TrustManagerFactory trustManagerFactory;
    private final @Nullable Path trustedCertificates;
    private final @Nullable KeyManagerFactory keyManagerFactory;
    private final @Nullable ClientCertificate clientCertificate;
    private final @Nullable ProxyOptions proxy;

    private ConnectionOptions(Builder builder) {
        this.protocol = builder.protocol;
        this.maxConnections = builder.maxConnections;
        this.maxWaitingCalls = builder.maxWaitingCalls;
        this.pendingAcquireMaxCount = builder.pendingAcquireMaxCount;
        this.acquireTimeout = builder.acquireTimeout;
        this.connectTimeout = builder.connectTimeout;
        this.tlsHandshakeTimeout = builder.tlsHandshakeTimeout;
        this.responseTimeout = builder.responseTimeout;
        this.attemptTimeout = builder.attemptTimeout;
        this.maxIdleTime = builder.maxIdleTime;
        this.maxLifeTime = builder.maxLifeTime;
        this.maxLifeTimeVariance = builder.maxLifeTimeVariance;
        this.evictionInterval = builder.evictionInterval;
        this.disposeTimeout = builder.disposeTimeout;
        this.resolver = builder.resolver;
        this.nameServers = builder.nameServers;
        this.dnsQueryTimeout = builder.dnsQueryTimeout;
        this.dnsCacheCeiling = builder.dnsCacheCeiling;
        this.trustManagerFactory = builder.trustManagerFactory;
        this.trustedCertificates = builder.trustedCertificates;
        this.keyManagerFactory = builder.keyManagerFactory;
        this.clientCertificate = builder.clientCertificate;
        this.proxy = builder.proxy;
    }

    /**
     * The defaults.
     *
     * @return options with every default in place
     */
    public static ConnectionOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from these options.
     *
     * @return a new builder that holds the values of these options
     */
    public Builder toBuilder() {
        Builder builder = new Builder()
                .protocol(protocol)
                .maxConnections(maxConnections)
                .maxWaitingCalls(maxWaitingCalls)
                .pendingAcquireMaxCount(pendingAcquireMaxCount)
                .acquireTimeout(acquireTimeout)
                .connectTimeout(connectTimeout)
                .tlsHandshakeTimeout(tlsHandshakeTimeout)
                .responseTimeout(responseTimeout)
                .attemptTimeout(attemptTimeout)
                .maxIdleTime(maxIdleTime)
                .maxLifeTime(maxLifeTime)
                .maxLifeTimeVariance(maxLifeTimeVariance)
                .evictionInterval(evictionInterval)
                .disposeTimeout(disposeTimeout)
                .resolver(resolver)
                .nameServers(nameServers)
                .dnsQueryTimeout(dnsQueryTimeout)
                .dnsCacheCeiling(dnsCacheCeiling);
        builder.trustManagerFactory = trustManagerFactory;
        builder.trustedCertificates = trustedCertificates;
        builder.keyManagerFactory = keyManagerFactory;
        builder.clientCertificate = clientCertificate;
        builder.proxy = proxy;
        return builder;
    }

    /**
     * Which version of HTTP is spoken.
     *
     * @return the version
     * @see Builder#protocol(Protocol)
     */
    public Protocol protocol() {
        return protocol;
    }

    /**
     * The most connections, and with them the most calls in flight.
     *
     * @return the limit
     * @see Builder#maxConnections(int)
     */
    public int maxConnections() {
        return maxConnections;
    }

    /**
     * The most calls of one tenant that wait for their turn.
     *
     * @return the limit
     * @see Builder#maxWaitingCalls(int)
     */
    public int maxWaitingCalls() {
        return maxWaitingCalls;
    }

    /**
     * The most calls that wait inside the pool.
     *
     * @return the limit
     * @see Builder#pendingAcquireMaxCount(int)
     */
    public int pendingAcquireMaxCount() {
        return pendingAcquireMaxCount;
    }

    /**
     * How long a call may wait inside the pool.
     *
     * @return the time limit
     * @see Builder#acquireTimeout(Duration)
     */
    public Duration acquireTimeout() {
        return acquireTimeout;
    }

    /**
     * How long a TCP connection may take to open.
     *
     * @return the time limit
     * @see Builder#connectTimeout(Duration)
     */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /**
     * How long the TLS handshake may take.
     *
     * @return the time limit
     * @see Builder#tlsHandshakeTimeout(Duration)
     */
    public Duration tlsHandshakeTimeout() {
        return tlsHandshakeTimeout;
    }

    /**
     * How long the service may be silent while an answer is awaited.
     *
     * @return the time limit
     * @see Builder#responseTimeout(Duration)
     */
    public Duration responseTimeout() {
        return responseTimeout;
    }

    /**
     * How long an attempt may take in all.
     *
     * @return the time limit
     * @see Builder#attemptTimeout(Duration)
     */
    public Duration attemptTimeout() {
        return attemptTimeout;
    }

    /**
     * How long an unused connection is kept.
     *
     * @return the time limit
     * @see Builder#maxIdleTime(Duration)
     */
    public Duration maxIdleTime() {
        return maxIdleTime;
    }

    /**
     * How long a connection is used at all.
     *
     * @return the time limit
     * @see Builder#maxLifeTime(Duration)
     */
    public Duration maxLifeTime() {
        return maxLifeTime;
    }

    /**
     * The share by which life times differ between connections.
     *
     * @return a number from 0 to 1
     * @see Builder#maxLifeTimeVariance(double)
     */
    public double maxLifeTimeVariance() {
        return maxLifeTimeVariance;
    }

    /**
     * How often the pool looks for connections past their time.
     *
     * @return the interval
     * @see Builder#evictionInterval(Duration)
     */
    public Duration evictionInterval() {
        return evictionInterval;
    }

    /**
     * How long a graceful end waits for calls in flight.
     *
     * @return the time limit
     * @see Builder#disposeTimeout(Duration)
     */
    public Duration disposeTimeout() {
        return disposeTimeout;
    }

    /**
     * Who looks host names up.
     *
     * @return the resolver
     * @see Builder#resolver(Resolver)
     */
    public Resolver resolver() {
        return resolver;
    }

    /**
     * Which name servers are asked, if not the system's.
     *
     * @return the servers in the order in which they are asked, or nothing for the system's
     * @see Builder#nameServers(List)
     */
    public List<InetSocketAddress> nameServers() {
        return nameServers;
    }

    /**
     * How long one name server may take to answer one query.
     *
     * @return the time limit
     * @see Builder#dnsQueryTimeout(Duration)
     */
    public Duration dnsQueryTimeout() {
        return dnsQueryTimeout;
    }

    /**
     * How long an address is remembered at most.
     *
     * @return the time limit
     * @see Builder#dnsCacheCeiling(Duration)
     */
    public Duration dnsCacheCeiling() {
        return dnsCacheCeiling;
    }

    /**
     * Which certificates are trusted, if not those the JVM trusts.
     *
     * @return the source of trust, or empty for the JVM's own
     * @see Builder#trustManagerFactory(TrustManagerFactory)
     */
    public Optional<TrustManagerFactory> trustManagerFactory() {
        return Optional.ofNullable(trustManagerFactory);
    }

    /**
     * The file of the certificates that are trusted, if not those the JVM trusts.
     *
     * @return a file in PEM form, or empty
     * @see Builder#trustedCertificates(Path)
     */
    public Optional<Path> trustedCertificates() {
        return Optional.ofNullable(trustedCertificates);
    }

    /**
     * Where the client's own certificate comes from.
     *
     * @return the source of keys, or empty
     * @see Builder#keyManagerFactory(KeyManagerFactory)
     */
    public Optional<KeyManagerFactory> keyManagerFactory() {
        return Optional.ofNullable(keyManagerFactory);
    }

    /**
     * The files of the client's own certificate.
     *
     * @return the files, or empty
     * @see Builder#clientCertificate(Path, Path)
     */
    public Optional<ClientCertificate> clientCertificate() {
        return Optional.ofNullable(clientCertificate);
    }

    /**
     * The proxy on the way.
     *
     * @return the proxy, or empty for none
     * @see Builder#proxy(ProxyOptions)
     */
    public Optional<ProxyOptions> proxy() {
        return Optional.ofNullable(proxy);
    }

    @Override
    public String toString() {
        return "ConnectionOptions[protocol=" + protocol + ", maxConnections=" + maxConnections + ", maxWaitingCalls="
                + maxWaitingCalls
                + ", pendingAcquireMaxCount=" + pendingAcquireMaxCount + ", acquireTimeout=" + acquireTimeout
                + ", connectTimeout=" + connectTimeout + ", tlsHandshakeTimeout=" + tlsHandshakeTimeout
                + ", responseTimeout=" + responseTimeout + ", attemptTimeout=" + attemptTimeout + ", maxIdleTime="
                + maxIdleTime + ", maxLifeTime="
                + maxLifeTime + ", maxLifeTimeVariance=" + maxLifeTimeVariance + ", evictionInterval="
                + evictionInterval + ", disposeTimeout=" + disposeTimeout + ", resolver=" + resolver + ", nameServers="
                + (nameServers.isEmpty() ? "system" : nameServers) + ", dnsQueryTimeout=" + dnsQueryTimeout
                + ", dnsCacheCeiling=" + dnsCacheCeiling + ", trust="
                + (trustManagerFactory != null ? "custom" : trustedCertificates != null ? trustedCertificates : "JVM")
                + ", clientCertificate="
                + (keyManagerFactory != null ? "custom" : clientCertificate != null ? clientCertificate : "none")
                + ", proxy=" + (proxy == null ? "none" : proxy) + "]";
    }

    /** Collects options; each setter checks its value at once. */
    public static final class Builder {

        private Protocol protocol = Protocol.HTTP_1_1;
        private int maxConnections = 32;
        private int maxWaitingCalls = 10_000;
        private int pendingAcquireMaxCount = 64;
        private Duration acquireTimeout = Duration.ofSeconds(5);
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration tlsHandshakeTimeout = Duration.ofSeconds(5);
        private Duration responseTimeout = Duration.ofSeconds(10);
        private Duration attemptTimeout = Duration.ofSeconds(15);
        private Duration maxIdleTime = Duration.ofSeconds(30);
        private Duration maxLifeTime = Duration.ofMinutes(5);
        private double maxLifeTimeVariance = 0.1;
        private Duration evictionInterval = Duration.ofSeconds(10);
        private Duration disposeTimeout = Duration.ofSeconds(10);
        private Resolver resolver = Resolver.NETTY;
        private List<InetSocketAddress> nameServers = List.of();
        private Duration dnsQueryTimeout = Duration.ofSeconds(2);
        private Duration dnsCacheCeiling = Duration.ofSeconds(60);
        private @Nullable TrustManagerFactory trustManagerFactory;
        private @Nullable Path trustedCertificates;
        private @Nullable KeyManagerFactory keyManagerFactory;
        private @Nullable ClientCertificate clientCertificate;
        private @Nullable ProxyOptions proxy;

        private Builder() {}

        /**
         * Which version of HTTP to speak. Default {@link Protocol#HTTP_1_1}. With {@link Protocol#HTTP_2}, calls share
         * connections: there is one, and another only while those there are have as many calls as the service allows on
         * each. A connection on which nothing comes back for half of {@link #responseTimeout(Duration)} while an answer
         * is awaited is asked for a sign of life, and closed if it gives none within the same time again.
         *
         * @param protocol the version
         * @return this builder
         */
        public Builder protocol(Protocol protocol) {
            this.protocol = Objects.requireNonNull(protocol, "protocol");
            return this;
        }

        /**
         * The most connections to the service, which is also the most calls in flight. Default 32. Raise it if the quota
         * is large and the service far away: 60 deletes per second at 300 ms each keep 18 connections busy. Over HTTP/2
         * it is the most calls in flight all the same; connections are as few as {@link #protocol(Protocol)} says.
         *
         * @param maxConnections at least 1
         * @return this builder
         */
        public Builder maxConnections(int maxConnections) {
            this.maxConnections = requirePositive(maxConnections, "maxConnections");
            return this;
        }

        /**
         * The most calls of one tenant that wait: for their turn when {@link #maxConnections(int)} are in flight, for quota, or
         * before another attempt. Default 10,000. One more single call fails at once with a
         * {@link dev.closecrm.core.error.TransportException} of phase {@code POOL}; items of bulk runs are never turned away, since
         * their run limits them.
         *
         * @param maxWaitingCalls at least 1
         * @return this builder
         */
        public Builder maxWaitingCalls(int maxWaitingCalls) {
            this.maxWaitingCalls = requirePositive(maxWaitingCalls, "maxWaitingCalls");
            return this;
        }

        /**
         * The most calls that wait inside the connection pool. Default 64, and in any case twice {@link #maxConnections(int)}:
         * a call cancelled while its connection was being opened keeps its place until that has ended. Calls wait before the
         * pool, not in it, so this queue stays nearly empty; the limit turns a mistake into an error instead of a growing queue.
         *
         * @param pendingAcquireMaxCount at least 1
         * @return this builder
         */
        public Builder pendingAcquireMaxCount(int pendingAcquireMaxCount) {
            this.pendingAcquireMaxCount = requirePositive(pendingAcquireMaxCount, "pendingAcquireMaxCount");
            return this;
        }

        /**
         * How long a call may wait inside the pool for a connection to come back. Default 5 s.
         *
         * @param acquireTimeout more than zero
         * @return this builder
         */
        public Builder acquireTimeout(Duration acquireTimeout) {
            this.acquireTimeout = requirePositive(acquireTimeout, "acquireTimeout");
            return this;
        }

        /**
         * How long a TCP connection may take to open. Default 5 s. Each address of a host has this time, one after the other; a
         * proxy has it once to open and once to answer.
         *
         * @param connectTimeout more than zero, whole milliseconds
         * @return this builder
         */
        public Builder connectTimeout(Duration connectTimeout) {
            this.connectTimeout = requirePositive(connectTimeout, "connectTimeout");
            return this;
        }

        /**
         * How long the TLS handshake may take. Default 5 s.
         *
         * @param tlsHandshakeTimeout more than zero, whole milliseconds
         * @return this builder
         */
        public Builder tlsHandshakeTimeout(Duration tlsHandshakeTimeout) {
            this.tlsHandshakeTimeout = requirePositive(tlsHandshakeTimeout, "tlsHandshakeTimeout");
            return this;
        }

        /**
         * How long the service may be silent between two reads once the request is written. Default 10 s.
         *
         * @param responseTimeout more than zero, whole milliseconds
         * @return this builder
         */
        public Builder responseTimeout(Duration responseTimeout) {
            this.responseTimeout = requirePositive(responseTimeout, "responseTimeout");
            return this;
        }

        /**
         * How long an attempt may take in all: getting a connection, sending the request, and the whole answer. Default 15 s. It
         * ends what no other limit ends, such as an answer that drips in byte by byte; the connection is closed.
         *
         * @param attemptTimeout more than zero
         * @return this builder
         */
        public Builder attemptTimeout(Duration attemptTimeout) {
            this.attemptTimeout = requirePositive(attemptTimeout, "attemptTimeout");
            return this;
        }

        /**
         * How long an unused connection is kept. Default 30 s, which is below the idle limits that load balancers and
         * servers commonly have (60 s and more), so that the client is the one who hangs up.
         *
         * @param maxIdleTime more than zero
         * @return this builder
         */
        public Builder maxIdleTime(Duration maxIdleTime) {
            this.maxIdleTime = requirePositive(maxIdleTime, "maxIdleTime");
            return this;
        }

        /**
         * How long a connection is used at all. Default 5 min, so that a changed DNS entry is followed.
         *
         * @param maxLifeTime more than zero
         * @return this builder
         */
        public Builder maxLifeTime(Duration maxLifeTime) {
            this.maxLifeTime = requirePositive(maxLifeTime, "maxLifeTime");
            return this;
        }

        /**
         * The share by which the life time differs from one connection to the next, so that they are not all renewed in
         * the same moment. Default 0.1.
         *
         * @param maxLifeTimeVariance from 0 to 1
         * @return this builder
         */
        public Builder maxLifeTimeVariance(double maxLifeTimeVariance) {
            if (!(maxLifeTimeVariance >= 0 && maxLifeTimeVariance <= 1)) {
                throw new IllegalArgumentException(
                        "maxLifeTimeVariance is " + maxLifeTimeVariance + ", must be from 0 to 1");
            }
            this.maxLifeTimeVariance = maxLifeTimeVariance;
            return this;
        }

        /**
         * How often the pool looks for connections past their idle or life time. Default 10 s.
         *
         * @param evictionInterval more than zero
         * @return this builder
         */
        public Builder evictionInterval(Duration evictionInterval) {
            this.evictionInterval = requirePositive(evictionInterval, "evictionInterval");
            return this;
        }

        /**
         * How long {@code disposeLater()} and {@code close()} wait for calls in flight before they are cut off. Default
         * 10 s.
         *
         * @param disposeTimeout more than zero
         * @return this builder
         */
        public Builder disposeTimeout(Duration disposeTimeout) {
            this.disposeTimeout = requirePositive(disposeTimeout, "disposeTimeout");
            return this;
        }

        /**
         * Who looks host names up. Default {@link Resolver#NETTY}. Take {@link Resolver#JVM} where names come from something
         * that only the operating system knows, such as NIS, mDNS or a VPN client.
         *
         * @param resolver the resolver
         * @return this builder
         */
        public Builder resolver(Resolver resolver) {
            this.resolver = Objects.requireNonNull(resolver, "resolver");
            return this;
        }

        /**
         * Which name servers to ask, one after the other until one answers. Default: the system's. Only with
         * {@link Resolver#NETTY}; the JVM knows no others than the system's.
         *
         * @param nameServers addresses, not names, or nothing for the system's
         * @return this builder
         */
        public Builder nameServers(List<InetSocketAddress> nameServers) {
            for (InetSocketAddress server : nameServers) {
                if (server.isUnresolved()) {
                    throw new IllegalArgumentException("the name server " + server.getHostString()
                            + " is a name; give its address, since nobody can be asked for it");
                }
            }
            this.nameServers = List.copyOf(nameServers);
            return this;
        }

        /**
         * How long one name server may take to answer one query. Default 2 s. Then the next one is asked, or the attempt fails
         * with phase {@code DNS}. Only with {@link Resolver#NETTY}.
         *
         * @param dnsQueryTimeout more than zero, whole milliseconds
         * @return this builder
         */
        public Builder dnsQueryTimeout(Duration dnsQueryTimeout) {
            this.dnsQueryTimeout = requirePositive(dnsQueryTimeout, "dnsQueryTimeout");
            return this;
        }

        /**
         * How long an address is remembered at most, whatever its name server allows. Default 60 s. Parts of a second are left
         * out: less than a second means that nothing is remembered. Only with {@link Resolver#NETTY}; the JVM has the security
         * property {@code networkaddress.cache.ttl}.
         *
         * @param dnsCacheCeiling more than zero
         * @return this builder
         */
        public Builder dnsCacheCeiling(Duration dnsCacheCeiling) {
            this.dnsCacheCeiling = requirePositive(dnsCacheCeiling, "dnsCacheCeiling");
            return this;
        }

        /**
         * Which certificates to trust. Default: those the JVM trusts. The host name is verified in any case; there is no
         * switch that trusts everything.
         *
         * @param trustManagerFactory an initialised factory
         * @return this builder
         */
        public Builder trustManagerFactory(TrustManagerFactory trustManagerFactory) {
            this.trustManagerFactory = Objects.requireNonNull(trustManagerFactory, "trustManagerFactory");
            return this;
        }

        /**
         * Which certificates to trust, as a file, instead of those the JVM trusts. It is read when the client is built. The host
         * name is verified in any case.
         *
         * @param pem one or more certificates in PEM form
         * @return this builder
         */
        public Builder trustedCertificates(Path pem) {
            this.trustedCertificates = Objects.requireNonNull(pem, "pem");
            return this;
        }

        /**
         * The client's own certificate, for services that ask for one (mutual TLS). Default none.
         *
         * @param keyManagerFactory an initialised factory
         * @return this builder
         */
        public Builder keyManagerFactory(KeyManagerFactory keyManagerFactory) {
            this.keyManagerFactory = Objects.requireNonNull(keyManagerFactory, "keyManagerFactory");
            return this;
        }

        /**
         * The client's own certificate as files, for services that ask for one (mutual TLS). Default none. They are read when the
         * client is built.
         *
         * @param chainPem the certificate and those that lead to its authority, in PEM form
         * @param keyPem the private key in PEM form (PKCS #8), not encrypted
         * @return this builder
         */
        public Builder clientCertificate(Path chainPem, Path keyPem) {
            this.clientCertificate = ClientCertificate.of(chainPem, keyPem);
            return this;
        }

        /**
         * The client's own certificate as files whose key is encrypted. See {@link #clientCertificate(Path, Path)}.
         *
         * @param chainPem the certificate and those that lead to its authority, in PEM form
         * @param keyPem the encrypted private key in PEM form (PKCS #8)
         * @param password what it is encrypted with; a secret that is never printed
         * @return this builder
         */
        public Builder clientCertificate(Path chainPem, Path keyPem, String password) {
            this.clientCertificate = ClientCertificate.of(chainPem, keyPem, password);
            return this;
        }

        /**
         * The proxy to go through. Default none: the proxies of the environment and of system properties are not looked at.
         *
         * @param proxy the proxy
         * @return this builder
         */
        public Builder proxy(ProxyOptions proxy) {
            this.proxy = Objects.requireNonNull(proxy, "proxy");
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         * @throws IllegalArgumentException if one thing is said in two ways, such as a file of trusted certificates beside a trust
         *     manager factory
         */
        public ConnectionOptions build() {
            if (trustManagerFactory != null && trustedCertificates != null) {
                throw new IllegalArgumentException(
                        "trustManagerFactory and trustedCertificates both say what to trust; set one of them");
            }
            if (keyManagerFactory != null && clientCertificate != null) {
                throw new IllegalArgumentException(
                        "keyManagerFactory and clientCertificate both say who the client is; set one of them");
            }
            if (resolver == Resolver.JVM && !nameServers.isEmpty()) {
                throw new IllegalArgumentException(
                        "nameServers are for resolver NETTY; the JVM asks the system's, so leave them out or change the resolver");
            }
            return new ConnectionOptions(this);
        }

        private static int requirePositive(int value, String name) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " is " + value + ", must be at least 1");
            }
            return value;
        }

        private static Duration requirePositive(Duration value, String name) {
            Objects.requireNonNull(value, name);
            // The transport counts whole milliseconds in an int.
            if (value.compareTo(Duration.ofMillis(1)) < 0
                    || value.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) > 0) {
                throw new IllegalArgumentException(name + " is " + value + ", must be from 1 ms to about 24 days");
            }
            return value;
        }
    }
}
