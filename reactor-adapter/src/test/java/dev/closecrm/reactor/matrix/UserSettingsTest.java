package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.logging.LogLevel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.ProxyProvider;
import reactor.netty.transport.logging.AdvancedByteBufFormat;

/** Whatever a user sets on Reactor Netty's client, safety stays as it was. */
@ExtendWith(Watch.class)
class UserSettingsTest {

    private static final String AUTHORIZATION = Credentials.apiKey(Watch.KEY).authorization();

    static Stream<Named<UnaryOperator<HttpClient>>> redirects() {
        return Stream.of(
                setting("always", http -> http.followRedirect(true)),
                setting("by a predicate", http -> http.followRedirect((request, response) -> true)),
                setting(
                        "with the headers",
                        http -> http.followRedirect(
                                true, (HttpHeaders headers, HttpClientRequest request) -> request.headers(headers))));
    }

    @ParameterizedTest
    @MethodSource("redirects")
    void noRedirectIsFollowed(UnaryOperator<HttpClient> custom) throws Exception {
        try (RawServer other = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer server = RawServer.plain((request, wire) -> wire.write("HTTP/1.1 307 Moved\r\nLocation: "
                        + other.baseUrl() + request.path() + "\r\nContent-Length: 0\r\n\r\n"))) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            assertThat(Small.error(Small.delete(client)).code()).isEqualTo(ErrorCode.UNEXPECTED_RESPONSE);
            assertThat(server.requests()).hasSize(1);
            assertThat(other.requests()).isEmpty();
            assertThat(other.connections()).isZero();
        }
    }

    static Stream<Named<UnaryOperator<HttpClient>>> retries() {
        return Stream.of(
                setting("the hidden one", http -> http.disableRetry(false)),
                setting("of the connection", http -> http.mapConnect(connection -> connection.retry(3))));
    }

    @ParameterizedTest
    @MethodSource("retries")
    void nothingIsSentTwice(UnaryOperator<HttpClient> custom) throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.reset())) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            var outcome = (DeleteOutcome.Failed) Small.delete(client).outcome();
            assertThat(((CallException) outcome.error()).delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void aConnectionThatEndsInTheHandshakeIsNotOpenedTwice() throws Exception {
        try (RawTcp server = RawTcp.start(wire -> wire.in().readNBytes(16))) {
            CloseCrmClient client =
                    client(URI.create("https://localhost:" + server.port()), http -> http.disableRetry(false));
            Unanswered.of(Small.delete(client)).in(Phase.TLS).unsent().passing(1);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void aRefusedKeyIsNotTriedAgainByReactorNetty() throws Exception {
        try (RawServer server =
                RawServer.plain((request, wire) -> wire.write(Answers.json(401, "{\"error\": \"no\"}")))) {
            CloseCrmClient client = client(
                    server.baseUrl(),
                    http -> http.httpAuthentication(
                            (request, response) -> response.status().code() == 401,
                            (request, address) -> request.header("Authorization", "Basic dXNlcg==")));
            assertThat(Small.error(Small.delete(client)).code()).isEqualTo(ErrorCode.UNAUTHORIZED);
            assertThat(server.requests()).hasSize(1);
        }
    }

    static Stream<Named<UnaryOperator<HttpClient>>> headers() {
        return Stream.of(
                setting("defaults", http -> http.keepAlive(false).compress(true).headers(UserSettingsTest::add)),
                setting("deferred", http -> http.headersWhen(headers -> Mono.just(add(headers)))),
                setting(
                        "in a callback",
                        http -> http.doOnRequest((request, connection) -> add(request.requestHeaders()))));
    }

    private static HttpHeaders add(HttpHeaders headers) {
        return headers.set("Authorization", "Basic dXNlcg==")
                .set("Host", "evil.example")
                .set("Content-Length", "7")
                .set("Transfer-Encoding", "chunked")
                .set("Connection", "close")
                .set("Keep-Alive", "timeout=1")
                .set("Upgrade", "h2c")
                .set("Expect", "100-continue")
                .set("TE", "trailers")
                .set("Accept-Encoding", "gzip")
                .set("Proxy-Authorization", "Basic dXNlcg==")
                .set("Proxy-Connection", "keep-alive")
                .set("X-Harmless", "yes");
    }

    @ParameterizedTest
    @MethodSource("headers")
    void theHeadersThatMatterAreOurs(UnaryOperator<HttpClient> custom) throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK))) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(server.connections()).isEqualTo(1);
            List<String> lines = server.requests()
                    .get(1)
                    .text()
                    .lines()
                    .filter(line -> !line.isEmpty())
                    .toList();
            assertThat(lines).hasSize(6);
            assertThat(lines.get(0)).isEqualTo("DELETE /api/v1/contact/cont_1/ HTTP/1.1");
            assertThat(lines.stream().map(line -> line.toLowerCase(Locale.ROOT)))
                    .contains(
                            "host: localhost:" + server.baseUrl().getPort(),
                            "authorization: " + AUTHORIZATION.toLowerCase(Locale.ROOT),
                            "x-harmless: yes",
                            "accept: application/json")
                    .anyMatch(line -> line.startsWith("user-agent: "));
        }
    }

    static Stream<Named<UnaryOperator<HttpClient>>> wiretaps() {
        return Stream.of(
                setting("plain", http -> http.wiretap(true)),
                setting("in text", http -> http.wiretap("tap", LogLevel.INFO, AdvancedByteBufFormat.TEXTUAL)));
    }

    @ParameterizedTest
    @MethodSource("wiretaps")
    void nobodyListensIn(UnaryOperator<HttpClient> custom) throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK))) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            // Whether the key was told is watched.
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    static Stream<Named<UnaryOperator<HttpClient>>> ways() {
        return Stream.of(
                setting("another protocol", http -> http.protocol(HttpProtocol.H2C)),
                setting("another address", http -> http.host("evil.example").port(1)),
                setting("another base", http -> http.baseUrl("http://evil.example")),
                setting(
                        "no patience",
                        http -> http.responseTimeout(Duration.ofMillis(1))
                                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1)),
                setting("reading on", http -> http.option(ChannelOption.AUTO_READ, true)));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theRequestGoesWhereItAlwaysGoes(UnaryOperator<HttpClient> custom) throws Exception {
        RawServer.Script script = (request, wire) -> {
            wire.socket().setSoTimeout(50);
            try {
                wire.socket().getInputStream().read();
            } catch (SocketTimeoutException aMoment) {
                wire.write(Answers.OK);
            }
        };
        try (RawServer server = RawServer.plain(script)) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    @Test
    void aProxyIsTakenFromTheOptionsOnly() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawTcp proxy = RawTcp.start(RawTcp.SILENT)) {
            CloseCrmClient client = client(
                    server.baseUrl(),
                    http -> http.proxy(to ->
                            to.type(ProxyProvider.Proxy.HTTP).host("127.0.0.1").port(proxy.port())));
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(proxy.connections()).isZero();
        }
    }

    static Stream<Named<UnaryOperator<HttpClient>>> weakenedTls() {
        return Stream.of(
                setting("none", HttpClient::noSSL),
                setting(
                        "trusting everything",
                        http -> http.secure(tls -> {
                            try {
                                tls.sslContext(SslContextBuilder.forClient()
                                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                                        .endpointIdentificationAlgorithm("")
                                        .build());
                            } catch (SSLException e) {
                                throw new IllegalStateException(e);
                            }
                        })));
    }

    @ParameterizedTest
    @MethodSource("weakenedTls")
    void theServerIsVerified(UnaryOperator<HttpClient> custom) throws Exception {
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK))) {
            CloseCrmClient client = client(server.baseUrl(), custom);
            Unanswered.of(Small.delete(client)).in(Phase.TLS).unsent().lasting();
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void eventLoopsAndResolverAndCallbacksAreTheUsers() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        LoopResources loops = LoopResources.create("users-loop", 1, true);
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.1"));
                // Not watched: it has to end before the event loops do.
                CloseCrmClient client = Small.builder(
                                URI.create("http://api.closecrm.test:"
                                        + server.baseUrl().getPort()),
                                Over.HTTP_1_1,
                                connections -> connections.nameServers(List.of(dns.at())))
                        // Java's own transport, which the lookups have to follow.
                        .httpClient(http -> http.runOn(loops, false)
                                .doOnRequest((request, connection) ->
                                        threads.add(Thread.currentThread().getName())))
                        .build()) {
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(threads).singleElement().asString().startsWith("users-loop");
            assertThat(dns.queries()).isNotEmpty();
        } finally {
            loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(Small.LIMIT);
        }
    }

    @Test
    void anotherClientIsRefusedWhenTheClientIsBuilt() {
        URI baseUrl = URI.create("http://localhost:1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client(baseUrl, http -> HttpClient.create()))
                .withMessageContaining("ConnectionOptions");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client(baseUrl, http -> HttpClient.create(ConnectionProvider.newConnection())));
        assertThatNullPointerException().isThrownBy(() -> client(baseUrl, http -> null));
    }

    private static Named<UnaryOperator<HttpClient>> setting(String name, UnaryOperator<HttpClient> custom) {
        return Named.of(name, custom);
    }

    /** Makes one attempt, so that each repetition would be somebody else's. */
    private static CloseCrmClient client(URI baseUrl, UnaryOperator<HttpClient> custom) {
        return Small.client(Small.builder(baseUrl, Over.HTTP_1_1, connections -> connections.maxConnections(1))
                .retry(Small.retry().maxAttempts(1).build())
                .httpClient(custom));
    }
}
