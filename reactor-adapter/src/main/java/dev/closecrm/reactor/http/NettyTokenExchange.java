package dev.closecrm.reactor.http;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.engine.request.TokenEndpoint;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.token.RefreshForm;
import dev.closecrm.core.engine.token.TokenAnswer;
import dev.closecrm.core.engine.token.TokenReader;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.util.concurrent.ImmediateEventExecutor;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.FutureMono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;

/**
 * The way to the token endpoint. A connection is opened for each exchange and closed after it: there is one in an hour, and a
 * connection that carries one request cannot bring it the answer to another (docs/decisions/token-renewal.md).
 */
public final class NettyTokenExchange implements TokenExchange {

    private final TokenEndpoint endpoint;
    private final Route route;
    /** Once closed it closes what is added later too. */
    private final ChannelGroup open = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    /**
     * Prepares; connects nothing yet.
     *
     * @param endpoint where to ask
     * @param options how long connecting may take, and which certificates are trusted
     * @param userAgent the value of the header of that name
     */
    public NettyTokenExchange(TokenEndpoint endpoint, ConnectionOptions options, String userAgent) {
        TokenReader.prepare();
        this.endpoint = endpoint;
        this.route = new Route(client(endpoint, options, userAgent), endpoint.uri(), options);
    }

    @Override
    public Mono<TokenAnswer> refresh(RefreshForm form) {
        return Mono.defer(() -> {
            ExchangeTrace trace = new ExchangeTrace();
            byte[] body = form.bytes();
            return route.client()
                    .post()
                    .uri(endpoint.uri())
                    .send((request, outbound) -> {
                        // Interim answers are swallowed here too, and headers are bounded.
                        outbound.withConnection(connection -> ResponseGuard.announce(connection, trace));
                        request.header(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_X_WWW_FORM_URLENCODED)
                                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
                        return outbound.sendByteArray(Mono.just(body));
                    })
                    .response((response, content) -> read(form, response, content))
                    .single()
                    .onErrorResume(e -> Mono.just(noAnswer(e, trace, form)));
        });
    }

    @Override
    public Mono<Void> disposeLater() {
        return Mono.defer(() -> FutureMono.from(open.close())).doOnTerminate(route::close);
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }

    private static Mono<TokenAnswer> read(RefreshForm form, HttpClientResponse response, ByteBufFlux content) {
        TokenReader reader = new TokenReader(form::redact);
        BoundedBody body = new BoundedBody(TokenReader.MAX_BODY_BYTES);
        int status = response.status().code();
        NettyHeaders headers = new NettyHeaders(response.responseHeaders());
        return content.takeUntil(body::addUntilFull)
                .then(Mono.fromSupplier(() -> reader.read(status, headers, body.bytes(), body.complete())));
    }

    private static TokenAnswer noAnswer(Throwable error, ExchangeTrace trace, RefreshForm form) {
        AttemptResult.Faulted fault =
                (AttemptResult.Faulted) FaultReader.read(error, Phase.CONNECT, trace, form::redact);
        return new TokenAnswer.Denied(
                "the token endpoint gave no answer: " + fault.detail(),
                fault.prospect() != AttemptResult.Prospect.PERMANENT,
                null,
                fault.cause());
    }

    private HttpClient client(TokenEndpoint endpoint, ConnectionOptions options, String userAgent) {
        HttpClient http = HttpClient.create(ConnectionProvider.newConnection())
                .channelGroup(open)
                .protocol(HttpProtocol.HTTP11)
                .keepAlive(false)
                // Sent twice, a refresh token that rotates would be void.
                .disableRetry(true)
                .followRedirect(false)
                .compress(false)
                .wiretap(false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        options.connectTimeout().toMillis())
                .headers(headers -> headers.set(HttpHeaderNames.USER_AGENT, userAgent)
                        .set(HttpHeaderNames.ACCEPT, "application/json"));
        return endpoint.secure()
                ? http.secure(tls -> tls.sslContext(NettyTransport.tls(options, Protocol.HTTP_1_1))
                        .handshakeTimeout(options.tlsHandshakeTimeout()))
                : http;
    }
}
