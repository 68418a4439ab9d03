package dev.closecrm.reactor.http;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.engine.request.ApiEndpoint;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.ResponseReader;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.ByteBufFlux;
import reactor.netty.FutureMono;
import reactor.netty.NettyOutbound;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

/**
 * The connections to the service, and the exchanges that run over them. Owns its pool; the event loops are the ones Reactor
 * Netty shares among all clients.
 */
public final class NettyTransport implements Exchange {

    private final ApiEndpoint endpoint;
    private final ConnectionProvider pool;
    /** Once closed it closes what is added later too: a connection that was just being opened when the client was disposed. */
    private final ChannelGroup open = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    /** How far the connection got that was the last to be opened. */
    private final AtomicReference<Phase> newest = new AtomicReference<>(Phase.CONNECT);

    private final Route route;
    private final HttpClient.ResponseReceiver<?> deletes;
    private final Scheduler timer;

    /**
     * Sets up the pool; connects nothing yet.
     *
     * @param endpoint where the API is
     * @param options limits and times
     * @param userAgent the value of the header of that name
     * @param timer measures the time limit of an attempt
     * @param custom what a user wants to set on Reactor Netty's client, or null; what safety depends on is set after it
     */
    public NettyTransport(
            ApiEndpoint endpoint,
            ConnectionOptions options,
            String userAgent,
            Scheduler timer,
            @Nullable UnaryOperator<HttpClient> custom) {
        ResponseReader.prepare();
        this.endpoint = endpoint;
        this.pool = pool(options);
        this.timer = timer;
        this.route = new Route(client(custom, endpoint, options, userAgent), endpoint.url(), options);
        BiFunction<HttpClientRequest, NettyOutbound, Publisher<Void>> send = NettyTransport::beforeRequest;
        this.deletes =
                route.client().delete().send(custom == null ? send : UserSettings.strippedBefore(endpoint, send));
    }

    @Override
    public Mono<AttemptResult> delete(ContactId id, Credentials credentials, Duration limit) {
        return Mono.create(caller -> {
            Outgoing outgoing = new Outgoing(credentials.authorization(), newest);
            OneExchange exchange = new OneExchange(caller, outgoing, credentials::redact, limit);
            exchange.startTimer(timer);
            deletes.uri(endpoint.contact(id))
                    .response((response, content) -> read(credentials, response, content))
                    .subscribe(exchange);
        });
    }

    /**
     * Closes every connection, those under way too.
     *
     * @return completes when they are closed; works on subscription
     */
    public Mono<Void> disposeLater() {
        // The pool closes idle connections only; leased ones it would wait for.
        return pool.disposeLater()
                .onErrorComplete()
                .then(Mono.defer(() -> FutureMono.from(open.close())))
                .doOnTerminate(route::close);
    }

    /** Those that are open now, in use or not. */
    int openConnections() {
        return open.size();
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }

    private static Publisher<Void> beforeRequest(HttpClientRequest request, NettyOutbound outbound) {
        Outgoing outgoing = request.currentContextView().get(Outgoing.class);
        outbound.withConnection(outgoing::over);
        request.header(HttpHeaderNames.AUTHORIZATION, outgoing.authorization());
        return outbound;
    }

    private static Mono<AttemptResult> read(Credentials credentials, HttpClientResponse response, ByteBufFlux content) {
        ResponseReader reader = new ResponseReader(credentials::redact);
        BoundedBody body = new BoundedBody(ResponseReader.MAX_BODY_BYTES);
        int status = response.status().code();
        NettyHeaders headers = new NettyHeaders(response.responseHeaders());
        // Past the limit the rest is not read: leaving the stream closes the connection.
        return content.takeUntil(body::addUntilFull)
                .then(Mono.fromSupplier(
                        () -> reader.read(status, headers, body.bytes(), body.complete(), System.currentTimeMillis())));
    }

    private HttpClient client(
            @Nullable UnaryOperator<HttpClient> custom,
            ApiEndpoint endpoint,
            ConnectionOptions options,
            String userAgent) {
        HttpClient base = HttpClient.create(pool);
        HttpClient client = (custom == null ? base : UserSettings.applied(custom, base, pool))
                .channelGroup(open)
                .protocol(Http2Setup.protocols(options, endpoint.secure()))
                .http2Settings(Http2Setup::settings)
                .attr(LivenessCheck.SILENCE, options.responseTimeout().dividedBy(2))
                // One place decides on retries, and it is not the transport.
                .disableRetry(true)
                .followRedirect(false)
                // Without an Accept-Encoding there is nothing to unpack, and no bomb that could be in it.
                .compress(false)
                .wiretap(false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        options.connectTimeout().toMillis())
                .responseTimeout(options.responseTimeout())
                .headers(headers -> headers.set(HttpHeaderNames.USER_AGENT, userAgent)
                        .set(HttpHeaderNames.ACCEPT, "application/json"));
        return endpoint.secure()
                ? client.secure(tls -> tls.sslContext(tls(options, options.protocol()))
                        .handshakeTimeout(options.tlsHandshakeTimeout()))
                : client;
    }

    static GenericSslContextSpec<SslContextBuilder> tls(ConnectionOptions options, Protocol protocol) {
        GenericSslContextSpec<SslContextBuilder> spec =
                protocol == Protocol.HTTP_2 ? Http2SslContextSpec.forClient() : Http11SslContextSpec.forClient();
        return spec.configure(context -> Tls.configure(context, options));
    }

    private static ConnectionProvider pool(ConnectionOptions options) {
        ConnectionProvider.Builder pool = ConnectionProvider.builder("closecrm")
                .maxConnections(options.maxConnections())
                // A call cancelled while its connection was being opened keeps its place in the pool until that has
                // ended.
                .pendingAcquireMaxCount(Math.max(options.pendingAcquireMaxCount(), 2 * options.maxConnections()))
                .pendingAcquireTimeout(options.acquireTimeout())
                .maxIdleTime(options.maxIdleTime())
                .maxLifeTime(options.maxLifeTime())
                .maxLifeTimeVariance(options.maxLifeTimeVariance())
                .evictInBackground(options.evictionInterval())
                .lifo();
        return options.protocol() == Protocol.HTTP_2
                ? pool.allocationStrategy(Http2Setup.connections(options)).build()
                : pool.build();
    }
}
