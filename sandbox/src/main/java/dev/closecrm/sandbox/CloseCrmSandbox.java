package dev.closecrm.sandbox;

import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * An embedded server that deletes contacts as the Close API does: {@code DELETE /api/v1/contact/{id}/} on the loopback interface,
 * over HTTP/1.1 and, if wanted, HTTP/2 and TLS, with the API's answers, its rate limits if wanted, and faults on request.
 *
 * <pre>{@code
 * try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(1000)) {
 *     URI api = sandbox.baseUrl();
 *     String key = sandbox.apiKey();
 *     String id = sandbox.contactIds().get(0);
 *     ...
 *     assertThat(sandbox.contains(id)).isFalse();
 * }
 * }</pre>
 *
 * <p>Each sandbox has a thread, contacts, faults and a ledger of its own; as many as needed may run at once. It is safe to
 * use from any thread. {@link #close()} ends it with all of its connections.
 */
public final class CloseCrmSandbox implements AutoCloseable {

    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(10);

    private final DisposableServer server;
    private final Mono<Void> disposal;
    private final Accounts accounts;
    private final List<String> apiKeys;
    private final IdSource ids;
    private final Faults faults;
    private final Ledger ledger;
    private final Protocols protocols;
    private final ContactApi api;

    private CloseCrmSandbox(Builder builder) {
        this.apiKeys = List.copyOf(builder.apiKeys().keySet());
        this.accounts = builder.accounts();
        this.ids = new IdSource(builder.seed);
        this.faults = new Faults();
        this.ledger = new Ledger(builder.clock);
        this.protocols = new Protocols(builder.http2, builder.keys);
        for (int i = 0; i < builder.contacts; i++) {
            ledger.create(ids.next());
        }
        LoopResources loops = LoopResources.create("closecrm-sandbox", 1, true);
        this.api = new ContactApi(
                accounts,
                builder.rateLimit,
                builder.clock,
                builder.verdicts,
                faults,
                ledger,
                builder.latency,
                Schedulers.fromExecutorService(loops.onServer(false).next(), "closecrm-sandbox"));
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        try {
            this.server = bind(builder, loops, connections);
        } catch (RuntimeException | Error failed) {
            loops.disposeLater(Duration.ZERO, STEP_TIMEOUT).block(STEP_TIMEOUT);
            throw failed;
        }
        this.disposal = Mono.defer(() -> {
                    server.dispose();
                    return server.onDispose();
                })
                .then(Mono.defer(() -> {
                    connections.forEach(ConnectionWire::hangUp);
                    return loops.disposeLater(Duration.ZERO, STEP_TIMEOUT);
                }))
                .cache();
    }

    private DisposableServer bind(Builder builder, LoopResources loops, ChannelGroup connections) {
        return protocols
                .configure(HttpServer.create())
                .bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), builder.port))
                .runOn(loops, false)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .doOnChannelInit((observer, channel, address) -> {
                    connections.add(channel);
                    ConnectionWire.layInto(channel, protocols.lowestHandler(), ledger);
                })
                .handle(api)
                .bindNow(STEP_TIMEOUT);
    }

    /**
     * Starts a sandbox on a free port, with one API key. Blocks until it accepts connections.
     *
     * @param contacts how many contacts it has, 0 or more
     * @return the running sandbox
     */
    public static CloseCrmSandbox start(int contacts) {
        return builder().contacts(contacts).start();
    }

    /**
     * Begins with the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Where the API is, such as {@code http://127.0.0.1:40123}, or {@code https://localhost:40123} with a certificate.
     *
     * @return the base URL, without a path
     */
    public URI baseUrl() {
        return protocols.baseUrl(port());
    }

    /**
     * The port it listens on.
     *
     * @return the port, also after the end
     */
    public int port() {
        return server.port();
    }

    /**
     * The first of the API keys.
     *
     * @return a valid key
     */
    public String apiKey() {
        return apiKeys.get(0);
    }

    /**
     * All contacts that were ever created, in that order, whether they still exist or not.
     *
     * @return a copy
     */
    public List<String> contactIds() {
        return ledger.created();
    }

    /**
     * Creates one more contact.
     *
     * @return its id
     */
    public String addContact() {
        String id = ids.next();
        ledger.create(id);
        return id;
    }

    /**
     * Whether there is such a contact now.
     *
     * @param id any text
     * @return false if it was deleted or never was
     */
    public boolean contains(String id) {
        return ledger.alive(Objects.requireNonNull(id, "id"));
    }

    /**
     * How many contacts there are now.
     *
     * @return those created without those deleted
     */
    public int contactCount() {
        return ledger.aliveCount();
    }

    /**
     * Replaces the rate limit while serving. The new one begins with nothing used.
     *
     * @param rateLimit the limit from now on
     */
    public void rateLimit(RateLimit rateLimit) {
        api.limit(Objects.requireNonNull(rateLimit, "rateLimit"));
    }

    /**
     * What goes wrong, and when.
     *
     * @return the faults of this sandbox, to be scripted
     */
    public Faults faults() {
        return faults;
    }

    /**
     * What was asked and what was really done.
     *
     * @return the ledger of this sandbox; it can still be read after the end
     */
    public Ledger ledger() {
        return ledger;
    }

    /** Ends the sandbox and waits until its port, connections and thread are gone. Does nothing the second time. */
    @Override
    public void close() {
        disposal.block(STEP_TIMEOUT.multipliedBy(2));
    }

    /**
     * Ends the sandbox: stops listening, closes all connections without waiting for requests in flight, and stops the
     * thread. Nothing happens before subscription. Further subscriptions complete when the first does; cancelling is too
     * late to change anything.
     *
     * @return completes when everything is gone
     */
    public Mono<Void> disposeLater() {
        return disposal;
    }

    /**
     * Whether the sandbox has ended, or is about to.
     *
     * @return true once it no longer listens
     */
    public boolean isDisposed() {
        return server.isDisposed();
    }

    @Override
    public String toString() {
        return "CloseCrmSandbox[" + baseUrl() + ", contacts=" + contactCount() + (isDisposed() ? ", disposed]" : "]");
    }

    /** Collects what a sandbox is to be like; each setter checks its value at once. */
    public static final class Builder {

        private static final String DEFAULT_ORGANISATION = "orga_sandbox";
        private static final String DEFAULT_API_KEY = "api_sandbox.key";

        private final Map<String, String> apiKeys = new LinkedHashMap<>();
        private final Map<String, String> accessTokens = new LinkedHashMap<>();
        private int port;
        private int contacts;
        private long seed = 1;
        private @Nullable RateLimit rateLimit;
        private Consumer<Verdict> verdicts = any -> {};
        private Duration latency = Duration.ZERO;
        private boolean http2;
        private @Nullable KeyManagerFactory keys;
        private LongSupplier clock = ServerClock.startingNow();

        private Builder() {}

        /**
         * The port to listen on. Default 0, which takes a free one.
         *
         * @param port from 0 to 65535
         * @return this builder
         */
        public Builder port(int port) {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("the port must be from 0 to 65535, but is " + port);
            }
            this.port = port;
            return this;
        }

        /**
         * How many contacts there are at the start. Default 0.
         *
         * @param contacts 0 or more
         * @return this builder
         */
        public Builder contacts(int contacts) {
            if (contacts < 0) {
                throw new IllegalArgumentException("the number of contacts must not be negative, but is " + contacts);
            }
            this.contacts = contacts;
            return this;
        }

        /**
         * What the ids are made from: the same seed gives the same ids. Default 1.
         *
         * @param seed any number
         * @return this builder
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * An API key that is accepted, of the organisation that all keys belong to unless said otherwise. May be called
         * repeatedly. Default, if never called: one key.
         *
         * @param apiKey not empty
         * @return this builder
         */
        public Builder apiKey(String apiKey) {
            return apiKey(apiKey, DEFAULT_ORGANISATION);
        }

        /**
         * An API key that is accepted, of another organisation. That matters for the rate limit only: every key sees all
         * contacts.
         *
         * @param apiKey not empty
         * @param organisation any name
         * @return this builder
         */
        public Builder apiKey(String apiKey, String organisation) {
            apiKeys.put(requireText(apiKey, "apiKey"), requireText(organisation, "organisation"));
            return this;
        }

        /**
         * An access token that is accepted, of the organisation that all keys belong to unless said otherwise. May be called
         * repeatedly. Default: none.
         *
         * @param accessToken not empty
         * @return this builder
         */
        public Builder accessToken(String accessToken) {
            return accessToken(accessToken, DEFAULT_ORGANISATION);
        }

        /**
         * An access token that is accepted, of another organisation. That matters for the rate limit only.
         *
         * @param accessToken not empty
         * @param organisation any name
         * @return this builder
         */
        public Builder accessToken(String accessToken, String organisation) {
            accessTokens.put(requireText(accessToken, "accessToken"), requireText(organisation, "organisation"));
            return this;
        }

        /**
         * How many requests are allowed. Default: any number, and no headers about it.
         *
         * @param rateLimit the limit
         * @return this builder
         */
        public Builder rateLimit(RateLimit rateLimit) {
            this.rateLimit = Objects.requireNonNull(rateLimit, "rateLimit");
            return this;
        }

        /**
         * Who is told of each delete that the rate limit let in or refused, key by key and in order. It is called on the
         * sandbox's only thread and holds up every request while it works. Default: nobody.
         *
         * @param verdicts takes each verdict and does not throw
         * @return this builder
         */
        public Builder onVerdict(Consumer<Verdict> verdicts) {
            this.verdicts = Objects.requireNonNull(verdicts, "verdicts");
            return this;
        }

        /**
         * How long each answer is held back once its delete is done. Default zero.
         *
         * @param latency zero or more
         * @return this builder
         */
        public Builder latency(Duration latency) {
            Objects.requireNonNull(latency, "latency");
            if (latency.isNegative()) {
                throw new IllegalArgumentException("the latency must not be negative, but is " + latency);
            }
            this.latency = latency;
            return this;
        }

        /**
         * Speaks HTTP/2 too, on the same port as HTTP/1.1. In cleartext the client chooses by beginning with the preface of
         * HTTP/2 (prior knowledge) or by asking for an upgrade to {@code h2c}; over TLS by ALPN, where a client that does not
         * choose gets HTTP/1.1. A connection may have 100 streams open at a time. Default: HTTP/1.1 only.
         *
         * @return this builder
         */
        public Builder http2() {
            this.http2 = true;
            return this;
        }

        /**
         * Listens for TLS only, with this certificate, which should be made out to {@code localhost}. Default: cleartext.
         *
         * @param keys the certificate and its private key
         * @return this builder
         */
        public Builder tls(KeyManagerFactory keys) {
            this.keys = Objects.requireNonNull(keys, "keys");
            return this;
        }

        /** The time by which windows begin and the ledger is kept, in nanoseconds since 1970. */
        Builder clock(LongSupplier clock) {
            this.clock = clock;
            return this;
        }

        /**
         * Starts the sandbox. Blocks until it accepts connections.
         *
         * @return the running sandbox
         * @throws RuntimeException if the port is taken
         */
        public CloseCrmSandbox start() {
            return new CloseCrmSandbox(this);
        }

        private Map<String, String> apiKeys() {
            return apiKeys.isEmpty() ? Map.of(DEFAULT_API_KEY, DEFAULT_ORGANISATION) : apiKeys;
        }

        private Accounts accounts() {
            Accounts accounts = new Accounts();
            apiKeys().forEach(accounts::addApiKey);
            accessTokens.forEach(accounts::addAccessToken);
            return accounts;
        }

        private static String requireText(String text, String name) {
            if (Objects.requireNonNull(text, name).isEmpty()) {
                throw new IllegalArgumentException("the " + name + " is empty");
            }
            return text;
        }
    }
}
