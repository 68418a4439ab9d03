package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies that record, refuse, fall silent or break off. Times are divided by 20. */
class ProxyRowsTest {

    private static final String KEY = "api_proxyRows";
    private static final String ENCODED_KEY =
            Credentials.apiKey(KEY).authorization().substring("Basic ".length());
    private static final String PASSWORD = "s3cret-of-the-proxy";
    private static final String ENCODED_PASSWORD =
            Base64.getEncoder().encodeToString(("user:" + PASSWORD).getBytes(StandardCharsets.UTF_8));

    /** The proxy is the only one who knows where this is. */
    private static final String HOST = "api.closecrm.test";

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row89_anHttpProxySeesATunnelAndNoKey(boolean tls) throws Exception {
        try (RawServer server = server(tls);
                RawTcp proxy = RawTcp.start(wire -> {
                    tunnelRequests.add(wire.readHead());
                    wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN);
                CloseCrmClient client = client(
                        (tls ? "https://localhost:" : "http://" + HOST + ":")
                                + server.baseUrl().getPort(),
                        ProxyOptions.http("127.0.0.1", proxy.port()).credentials("user", PASSWORD),
                        dns)) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);

            String authority =
                    (tls ? "localhost:" : HOST + ":") + server.baseUrl().getPort();
            assertThat(tunnelRequests)
                    .singleElement()
                    .asString()
                    .startsWith("CONNECT " + authority + " HTTP/1.1\r\n")
                    .containsIgnoringCase("proxy-authorization: Basic " + ENCODED_PASSWORD)
                    .doesNotContain(KEY, ENCODED_KEY, "DELETE");
            // What goes through the tunnel is not the proxy's to read over TLS, and not a request to it in any case.
            if (tls) {
                assertThat(proxy.received()).doesNotContain(KEY, ENCODED_KEY, "DELETE");
            }
            assertThat(server.requests())
                    .hasSize(2)
                    .allSatisfy(request -> assertThat(request.text())
                            .startsWith("DELETE /api/v1/contact/cont_1/ HTTP/1.1\r\n")
                            .doesNotContainIgnoringCase("proxy-", PASSWORD, ENCODED_PASSWORD));
            assertThat(dns.queries()).isEmpty();
        }
    }

    private final List<String> tunnelRequests = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row89_aSocksProxySeesATunnelAndNoKey(boolean login) throws Exception {
        try (RawServer server = server(true);
                RawTcp proxy = RawTcp.start(wire -> {
                    Socks.accept(wire, login ? PASSWORD : null, tunnelRequests);
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN);
                CloseCrmClient client = client(
                        "https://localhost:" + server.baseUrl().getPort(),
                        login
                                ? ProxyOptions.socks5("127.0.0.1", proxy.port()).credentials("user", PASSWORD)
                                : ProxyOptions.socks5("127.0.0.1", proxy.port()),
                        dns)) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(tunnelRequests)
                    .containsExactly("localhost:" + server.baseUrl().getPort());
            assertThat(proxy.received()).doesNotContain(KEY, ENCODED_KEY, "DELETE");
            assertThat(dns.queries()).isEmpty();
        }
    }

    static Stream<Arguments> refusals() {
        String echo = "you sent user:" + PASSWORD + " as Basic " + ENCODED_PASSWORD;
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
            try (RawTcp proxy = RawTcp.start(script);
                    CloseCrmClient client = client(
                            scheme + "://" + HOST,
                            ProxyOptions.http("127.0.0.1", proxy.port()).credentials("user", PASSWORD),
                            null);
                    Log log = Log.everything()) {
                Fault fault = Fault.of(client)
                        .unsentIn(Phase.PROXY)
                        .timedOut(false)
                        .saying("127.0.0.1:" + proxy.port(), words);
                if (lasting) {
                    fault.lasting();
                } else {
                    fault.passing();
                }
                assertThat(fault.trace()).doesNotContain(PASSWORD, ENCODED_PASSWORD, KEY, ENCODED_KEY);
                assertThat(log.text()).doesNotContain(PASSWORD, ENCODED_PASSWORD, KEY, ENCODED_KEY);
                assertThat(log.text()).contains("closecrm.tunnel").doesNotContain("onErrorDropped");
                assertThat(proxy.received()).doesNotContain(KEY, ENCODED_KEY, "DELETE");
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
                            wire.in().readNBytes(3 + "user".length() + PASSWORD.length());
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
        try (RawTcp proxy = RawTcp.start(script);
                CloseCrmClient client = client(
                        "https://" + HOST,
                        ProxyOptions.socks5("127.0.0.1", proxy.port()).credentials("user", PASSWORD),
                        null);
                Log log = Log.everything()) {
            Fault fault = Fault.of(client).unsentIn(Phase.PROXY).timedOut(false);
            if (lasting) {
                fault.lasting();
            } else {
                fault.passing();
            }
            assertThat(fault.trace() + log.text()).doesNotContain(PASSWORD, KEY, ENCODED_KEY);
        }
    }

    /** The limit is the connect time-out, 5 s / 20. */
    @ParameterizedTest
    @EnumSource(ProxyOptions.Kind.class)
    void row90_aSilentProxyIsAProxyTimeOut(ProxyOptions.Kind kind) throws Exception {
        try (RawTcp proxy = RawTcp.start(RawTcp.SILENT);
                CloseCrmClient client = client(
                        "https://" + HOST,
                        kind == ProxyOptions.Kind.HTTP
                                ? ProxyOptions.http("127.0.0.1", proxy.port())
                                : ProxyOptions.socks5("127.0.0.1", proxy.port()),
                        null)) {
            long begun = System.nanoTime();
            Fault.of(client).unsentIn(Phase.PROXY).timedOut(true).passing().saying("PT0.25S");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(250));
        }
    }

    @Test
    void row90_aProxyThatIsNotThereIsAProxyFault() throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        try (CloseCrmClient client = client("https://" + HOST, ProxyOptions.http("127.0.0.1", port), null)) {
            Fault.of(client).unsentIn(Phase.PROXY).timedOut(false).passing().saying("did not accept");
        }
    }

    @Test
    void row90_aProxyWhoseNameIsNotKnownIsAProxyFault() throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN);
                CloseCrmClient client =
                        client("https://" + HOST, ProxyOptions.http("proxy.closecrm.test", 3128), dns)) {
            Fault.of(client).unsentIn(Phase.PROXY).timedOut(false).passing().saying("proxy.closecrm.test");
            assertThat(dns.queries())
                    .isNotEmpty()
                    .noneMatch(query -> query.name().startsWith("api."));
        }
    }

    @Test
    void theNameOfAProxyIsLookedUpAndAllItsAddressesAreTried() throws Exception {
        try (RawServer server = server(false);
                RawTcp proxy = RawTcp.start(wire -> {
                    wire.readHead();
                    wire.write("HTTP/1.1 200 OK\r\n\r\n");
                    wire.join(to(server));
                });
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.77", "127.0.0.1"));
                CloseCrmClient client =
                        client("http://" + HOST, ProxyOptions.http("proxy.closecrm.test", proxy.port()), dns)) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    @Test
    void aHandshakeBeyondTheTunnelHasItsOwnPhaseAndClock() throws Exception {
        try (RawTcp proxy = RawTcp.start(wire -> {
                    wire.readHead();
                    wire.write("HTTP/1.1 200 OK\r\n\r\n");
                    RawTcp.SILENT.serve(wire);
                });
                CloseCrmClient client = client("https://" + HOST, ProxyOptions.http("127.0.0.1", proxy.port()), null)) {
            Fault.of(client).unsentIn(Phase.TLS).timedOut(true).passing();
        }
    }

    @Test
    void aBypassedHostIsReachedDirectly() throws Exception {
        try (RawServer server = server(false);
                RawTcp proxy = RawTcp.start(RawTcp.SILENT);
                CloseCrmClient client = client(
                        server.baseUrl().toString(),
                        ProxyOptions.http("127.0.0.1", proxy.port()).bypass("localhost"),
                        null)) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(proxy.connections()).isZero();
        }
    }

    private static RawServer server(boolean tls) throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(Answers.OK);
        return tls ? RawServer.tls(script) : RawServer.plain(script);
    }

    private static Socket to(RawServer server) throws Exception {
        return new Socket(InetAddress.getLoopbackAddress(), server.baseUrl().getPort());
    }

    private static CloseCrmClient client(String baseUrl, ProxyOptions proxy, ScriptedDns dns) {
        ConnectionOptions.Builder connections = ConnectionOptions.builder()
                .maxConnections(1)
                .proxy(proxy)
                .connectTimeout(Duration.ofMillis(250))
                .tlsHandshakeTimeout(Duration.ofMillis(dns == null ? 250 : 5_000))
                .trustManagerFactory(RawServer.trust());
        if (dns != null) {
            connections.nameServers(List.of(dns.at())).connectTimeout(Duration.ofSeconds(5));
        }
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(KEY))
                .baseUrl(URI.create(baseUrl))
                .allowPlaintext()
                .connections(connections.build())
                .build();
    }
}
