package dev.closecrm.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How the client connects: how many connections, how long they live, how long each step may take.
 *
 * <p>Immutable. {@link #defaults()} suits most users; {@link #toBuilder()} changes single values. The reasons for the
 * defaults are in {@code docs/defaults.md}.
 */
public final class ConnectionOptions {

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
    private final @Nullable TrustManagerFactory trustManagerFactory;

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
        this.trustManagerFactory = builder.trustManagerFactory;
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
                .disposeTimeout(disposeTimeout);
        builder.trustManagerFactory = trustManagerFactory;
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
     * The most calls that wait for one of the calls in flight to end.
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
     * Which certificates are trusted, if not those the JVM trusts.
     *
     * @return the source of trust, or empty for the JVM's own
     * @see Builder#trustManagerFactory(TrustManagerFactory)
     */
    public Optional<TrustManagerFactory> trustManagerFactory() {
        return Optional.ofNullable(trustManagerFactory);
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
                + evictionInterval + ", disposeTimeout=" + disposeTimeout + ", trust="
                + (trustManagerFactory == null ? "JVM" : "custom") + "]";
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
        private @Nullable TrustManagerFactory trustManagerFactory;

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
         * The most calls that wait for their turn when {@link #maxConnections(int)} are in flight. Default 10,000. One more
         * fails at once with a {@link dev.closecrm.core.error.TransportException} of phase {@code POOL}.
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
         * How long a TCP connection may take to open. Default 5 s.
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
         * Makes the options.
         *
         * @return immutable options
         */
        public ConnectionOptions build() {
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
