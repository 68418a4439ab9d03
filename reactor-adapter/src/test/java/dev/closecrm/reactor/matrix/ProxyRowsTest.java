package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 89 and 90: proxies that record, refuse, fall silent or break off. */
@ExtendWith(Watch.class)
@ParameterizedClass
@EnumSource
class ProxyRowsTest {

    private static final int ATTEMPTS = Unanswered.ALL_ATTEMPTS;
    private static final String LOGIN = Watch.USER + ":" + Watch.PASSWORD;
    private static final String ENCODED_LOGIN =
            Base64.getEncoder().encodeToString(LOGIN.getBytes(StandardCharsets.US_ASCII));

    /** The proxy is the only one who knows where this is. */
    private static final String HOST = "api.closecrm.test";

    private static final Duration CONNECT =
            Small.small(ConnectionOptions.defaults().connectTimeout());

    private final Over over;
    private final List<String> tunnelRequests = new CopyOnWriteArrayList<>();

    ProxyRowsTest(Over over) {
        this.over = over;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row89_anHttpProxySeesATunnelAndNoKey(boolean tls) throws Exception {
        try (Service server = server(tls);
                RawTcp proxy = RawTcp.start(wire -> {
                    tunnelRequests.add(wire.readHead());
                    wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN)) {
            String authority = (tls ? "localhost:" : HOST + ":") + server.port();
            CloseCrmClient client = client(
                    (tls ? "https://" : "http://") + authority,
                    ProxyOptions.http("127.0.0.1", proxy.port()).credentials(Watch.USER, Watch.PASSWORD),
                    connections -> connections.nameServers(List.of(dns.at())).trustManagerFactory(server.trust()));
            assertDeleted(Small.delete(client));
            assertDeleted(Small.delete(client));

            assertThat(tunnelRequests)
                    .singleElement()
                    .asString()
                    .startsWith("CONNECT " + authority + " HTTP/1.1\r\n")
                    .containsIgnoringCase("proxy-authorization: Basic " + ENCODED_LOGIN)
                    .satisfies(ProxyRowsTest::assertNoRequest);
            // What goes through the tunnel is not the proxy's to read over TLS, and not a request to it in any case.
            if (tls) {
                assertNoRequest(proxy.received());
            }
            assertThat(server.requests()).hasSize(2).allSatisfy(request -> {
                assertThat(request.contactId()).isEqualTo(Small.ID.value());
                assertThat(request.head())
                        .doesNotContainIgnoringCase("proxy-", "connect")
                        .doesNotContain(Watch.PASSWORD, ENCODED_LOGIN);
            });
            assertThat(dns.queries()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row89_aSocksProxySeesATunnelAndNoKey(boolean login) throws Exception {
        try (Service server = server(true);
                RawTcp proxy = RawTcp.start(wire -> {
                    Socks.accept(wire, login ? Watch.PASSWORD : null, tunnelRequests);
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN)) {
            ProxyOptions socks = ProxyOptions.socks5("127.0.0.1", proxy.port());
            CloseCrmClient client = client(
                    "https://localhost:" + server.port(),
                    login ? socks.credentials(Watch.USER, Watch.PASSWORD) : socks,
                    connections -> connections.nameServers(List.of(dns.at())).trustManagerFactory(server.trust()));
            assertDeleted(Small.delete(client));
            assertThat(tunnelRequests).containsExactly("localhost:" + server.port());
            assertNoRequest(proxy.received());
            assertThat(dns.queries()).isEmpty();
        }
    }

    static Stream<Arguments> refusals() {
        String echo = "you sent " + LOGIN + " as Basic " + ENCODED_LOGIN;
        return Stream.of(
                refusal("407", says("407 " + echo), true, "status 407"),
                refusal(
                        "407 with a page that does not end",
                        wire -> {
                            wire.readHead();
                            wire.write(
                                    "HTTP/1.1 407 No\r\nX-Echo: " + echo + "\r\nContent-Length: 9999\r\n\r\n" + echo);
                            RawTcp.SILENT.serve(wire);
                        },
                        true,
                        "status 407"),
                refusal("403", says("403 " + echo), true, "status 403"),
                refusal("502", says("502 " + echo), false, "status 502"),
                refusal("503", says("503 " + echo), false, "status 503"),
                refusal("429", says("429 " + echo), false, "status 429"),
                refusal("204", says("204 " + echo), false, "status 204"),
                refusal("a redirect", says("302 " + echo), false, "status 302"),
                refusal(
                        "garbage",
                        wire -> {
                            wire.readHead();
                            wire.write(echo + "\r\n\r\n");
                            RawTcp.SILENT.serve(wire);
                        },
                        false,
                        "the proxy"),
                refusal("closes at once", wire -> {}, false, "closed the connection"),
                refusal("closes after the request", RawTcp.Wire::readHead, false, "closed the connection"),
                refusal(
                        "resets",
                        wire -> {
                            wire.readHead();
                            wire.socket().setSoLinger(true, 0);
                        },
                        false,
                        "closed the connection"));
    }

    private static Arguments refusal(String name, RawTcp.Script script, boolean lasting, String words) {
        return Arguments.of(Named.of(name, script), lasting, words);
    }

    private static RawTcp.Script says(String status) {
        return wire -> {
            wire.readHead();
            wire.write("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
            RawTcp.SILENT.serve(wire);
        };
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void row90_aRefusalOfTheProxyIsAProxyFaultAndNothingIsSent(RawTcp.Script script, boolean lasting, String words)
            throws Exception {
        for (String scheme : List.of("http", "https")) {
            try (RawTcp proxy = RawTcp.start(script)) {
                assertRefused(scheme, ProxyOptions.http("127.0.0.1", proxy.port()), proxy, lasting)
                        .saying("127.0.0.1:" + proxy.port(), words);
            }
        }
    }

    static Stream<Arguments> socksRefusals() {
        return Stream.of(
                Arguments.of(
                        Named.of("no way to log in fits", (RawTcp.Script) wire -> {
                            wire.in().readNBytes(4);
                            wire.write((byte) 5, (byte) 0xff);
                            RawTcp.SILENT.serve(wire);
                        }),
                        true),
                Arguments.of(
                        Named.of("wrong password", (RawTcp.Script) wire -> {
                            wire.in().readNBytes(4);
                            wire.write((byte) 5, (byte) 2);
                            wire.in().readNBytes(2 + LOGIN.length());
                            wire.write((byte) 1, (byte) 1);
                            RawTcp.SILENT.serve(wire);
                        }),
                        true),
                Arguments.of(Named.of("forbidden", Socks.refuse(2)), true),
                Arguments.of(Named.of("host unreachable", Socks.refuse(4)), false),
                Arguments.of(Named.of("closes at once", (RawTcp.Script) wire -> {}), false));
    }

    @ParameterizedTest
    @MethodSource("socksRefusals")
    void row90_aRefusalOfASocksProxyIsAProxyFaultAndNothingIsSent(RawTcp.Script script, boolean lasting)
            throws Exception {
        try (RawTcp proxy = RawTcp.start(script)) {
            assertRefused("https", ProxyOptions.socks5("127.0.0.1", proxy.port()), proxy, lasting);
        }
    }

    private Unanswered assertRefused(String scheme, ProxyOptions options, RawTcp proxy, boolean lasting) {
        CloseCrmClient client = client(
                scheme + "://" + HOST, options.credentials(Watch.USER, Watch.PASSWORD), connections -> connections);
        Unanswered fault =
                Unanswered.of(Small.delete(client)).in(Phase.PROXY).unsent().timedOut(false);
        if (lasting) {
            fault.lasting();
        } else {
            fault.passing();
        }
        assertThat(proxy.connections()).isEqualTo(lasting ? 1 : ATTEMPTS);
        assertNoRequest(proxy.received());
        return fault;
    }

    @ParameterizedTest
    @EnumSource(ProxyOptions.Kind.class)
    void row90_aSilentProxyIsAProxyTimeOut(ProxyOptions.Kind kind) throws Exception {
        try (RawTcp proxy = RawTcp.start(RawTcp.SILENT)) {
            CloseCrmClient client = client(
                    "https://" + HOST,
                    kind == ProxyOptions.Kind.HTTP
                            ? ProxyOptions.http("127.0.0.1", proxy.port())
                            : ProxyOptions.socks5("127.0.0.1", proxy.port()),
                    connections -> connections.connectTimeout(CONNECT));
            Unanswered fault = Unanswered.of(Small.delete(client))
                    .in(Phase.PROXY)
                    .unsent()
                    .timedOut(true)
                    .passing()
                    .saying(CONNECT.toString());
            assertThat(fault.result().elapsed()).isGreaterThanOrEqualTo(CONNECT.multipliedBy(ATTEMPTS));
            assertThat(proxy.connections()).isEqualTo(ATTEMPTS);
        }
    }

    @Test
    void row90_aProxyThatIsNotThereIsAProxyFault() throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        Unanswered.of(Small.delete(
                        client("https://" + HOST, ProxyOptions.http("127.0.0.1", port), connections -> connections)))
                .in(Phase.PROXY)
                .unsent()
                .timedOut(false)
                .passing()
                .saying("did not accept");
    }

    @Test
    void row90_aProxyWhoseNameIsNotKnownIsAProxyFault() throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN)) {
            Unanswered.of(Small.delete(client(
                            "https://" + HOST,
                            ProxyOptions.http("proxy.closecrm.test", 3128),
                            connections -> connections.nameServers(List.of(dns.at())))))
                    .in(Phase.PROXY)
                    .unsent()
                    .timedOut(false)
                    .passing()
                    .saying("proxy.closecrm.test");
            assertThat(dns.queries())
                    .isNotEmpty()
                    .noneMatch(query -> query.name().startsWith("api."));
        }
    }

    @Test
    void theNameOfAProxyIsLookedUpAndAllItsAddressesAreTried() throws Exception {
        try (Service server = server(false);
                RawTcp proxy = RawTcp.start(wire -> {
                    wire.readHead();
                    wire.write("HTTP/1.1 200 OK\r\n\r\n");
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.77", "127.0.0.1"))) {
            assertDeleted(Small.delete(client(
                    "http://" + HOST,
                    ProxyOptions.http("proxy.closecrm.test", proxy.port()),
                    connections -> connections.nameServers(List.of(dns.at())))));
        }
    }

    @Test
    void aHandshakeBeyondTheTunnelHasItsOwnPhaseAndClock() throws Exception {
        try (RawTcp proxy = RawTcp.start(wire -> {
            wire.readHead();
            wire.write("HTTP/1.1 200 OK\r\n\r\n");
            RawTcp.SILENT.serve(wire);
        })) {
            Unanswered.of(Small.delete(client(
                            "https://" + HOST,
                            ProxyOptions.http("127.0.0.1", proxy.port()),
                            connections -> connections.tlsHandshakeTimeout(CONNECT))))
                    .in(Phase.TLS)
                    .unsent()
                    .timedOut(true)
                    .passing();
        }
    }

    @Test
    void aBypassedHostIsReachedDirectly() throws Exception {
        try (Service server = server(false);
                RawTcp proxy = RawTcp.start(RawTcp.SILENT)) {
            assertDeleted(Small.delete(client(
                    "http://localhost:" + server.port(),
                    ProxyOptions.http("127.0.0.1", proxy.port()).bypass("localhost"),
                    connections -> connections)));
            assertThat(proxy.connections()).isZero();
        }
    }

    private static void assertDeleted(DeleteResult<ContactId> result) {
        assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
        assertThat(result.attempts()).isEqualTo(1);
    }

    /** Neither the key nor what it would be sent with. */
    private static void assertNoRequest(String text) {
        assertThat(text).doesNotContain("DELETE", Watch.KEY, Watch.ENCODED_KEY);
    }

    private Service server(boolean tls) throws Exception {
        return tls ? Service.tls(over, Service.OK) : Service.plain(over, Service.OK);
    }

    private static Socket to(Service server) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.port());
    }

    private CloseCrmClient client(
            String baseUrl, ProxyOptions proxy, UnaryOperator<ConnectionOptions.Builder> settings) {
        return Small.client(
                URI.create(baseUrl),
                over,
                connections -> settings.apply(connections.proxy(proxy).maxConnections(1)));
    }
}
