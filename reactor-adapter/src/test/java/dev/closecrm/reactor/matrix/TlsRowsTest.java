package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.ssl.util.SimpleTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.URI;
import java.security.KeyStore;
import java.security.Provider;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.stream.Stream;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Certificates that are not to be believed, handshakes that stall, servers that speak something else. Times are divided by 20. */
class TlsRowsTest {

    private static final String KEY = "api_tlsRows";
    private static final String ENCODED =
            Credentials.apiKey(KEY).authorization().substring("Basic ".length());

    @Test
    void row21_anUntrustedCertificateEndsTheCallWithNothingSent() throws Exception {
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(server.baseUrl(), ConnectionOptions.builder())) {
            Fault.of(client)
                    .unsentIn(Phase.TLS)
                    .timedOut(false)
                    .lasting()
                    .saying("certificate is not trusted", "trustedCertificates");
            assertThat(server.requests()).isEmpty();
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    static Stream<Named<TrustManagerFactory>> factoriesThatTrustEverything() {
        return Stream.of(
                Named.of("a plain manager, by a factory of the user's", factoryOf(new TrustsEverything())),
                Named.of("a plain manager, by Netty's factory", new SimpleTrustManagerFactory() {
                    @Override
                    protected void engineInit(KeyStore keys) {}

                    @Override
                    protected void engineInit(ManagerFactoryParameters parameters) {}

                    @Override
                    protected TrustManager[] engineGetTrustManagers() {
                        return new TrustManager[] {new TrustsEverything()};
                    }
                }),
                Named.of("the certificate itself", OTHER_HOST.toTrustManagerFactory()));
    }

    private static final X509Bundle OTHER_HOST = RawServer.certificate("other.example");

    @ParameterizedTest
    @MethodSource("factoriesThatTrustEverything")
    void row22_aHostNameThatDoesNotMatchEndsTheCallWithNothingSent(TrustManagerFactory trust) throws Exception {
        try (RawServer server = RawServer.tls(OTHER_HOST, (request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client =
                        client(server.baseUrl(), ConnectionOptions.builder().trustManagerFactory(trust))) {
            Fault.of(client)
                    .unsentIn(Phase.TLS)
                    .timedOut(false)
                    .lasting()
                    .saying("certificate is refused", "localhost");
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void row23_anExpiredCertificateEndsTheCallWithNothingSent() throws Exception {
        // The issuer is trusted; a certificate that is itself an anchor would not be looked at so closely.
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle leaf = new CertificateBuilder()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .notBefore(Instant.now().minus(20, ChronoUnit.DAYS))
                .notAfter(Instant.now().minus(10, ChronoUnit.DAYS))
                .buildIssuedBy(authority);
        try (RawServer server = RawServer.tls(leaf, (request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(
                        server.baseUrl(),
                        ConnectionOptions.builder().trustManagerFactory(authority.toTrustManagerFactory()))) {
            Fault.of(client).unsentIn(Phase.TLS).timedOut(false).lasting().saying("certificate has expired");
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void row24_aHandshakeThatStallsEndsWithItsOwnLimitAndMayBeTriedAgain() throws Exception {
        try (RawTcp server = RawTcp.start(RawTcp.SILENT);
                CloseCrmClient client = client(
                        URI.create("https://localhost:" + server.port()),
                        ConnectionOptions.builder().tlsHandshakeTimeout(Duration.ofMillis(250)))) {
            long begun = System.nanoTime();
            Fault.of(client).unsentIn(Phase.TLS).timedOut(true).passing();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(250));
            assertNothingWasTold(server);
        }
    }

    static Stream<Named<RawTcp.Script>> serversThatSpeakPlainText() {
        return Stream.of(
                Named.of("greets at once", wire -> {
                    wire.write("220 mail.example ESMTP\r\n");
                    RawTcp.SILENT.serve(wire);
                }),
                Named.of("answers the handshake with a page", wire -> {
                    wire.in().readNBytes(16);
                    wire.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    RawTcp.SILENT.serve(wire);
                }),
                Named.of("answers the handshake with a success", wire -> {
                    wire.in().readNBytes(16);
                    wire.write(Answers.OK);
                    RawTcp.SILENT.serve(wire);
                }));
    }

    @ParameterizedTest
    @MethodSource("serversThatSpeakPlainText")
    void row25_aServerThatSpeaksPlainTextOnTheTlsPortGetsNoRequest(RawTcp.Script script) throws Exception {
        try (RawTcp server = RawTcp.start(script);
                CloseCrmClient client =
                        client(URI.create("https://localhost:" + server.port()), ConnectionOptions.builder())) {
            Fault.of(client).unsentIn(Phase.TLS).timedOut(false).lasting().saying("does not speak TLS on this port");
            assertNothingWasTold(server);
        }
    }

    static Stream<Named<RawTcp.Script>> serversThatSpeakOldTlsOnly() {
        // A server may refuse with an alert, or answer with the best it has: a hello of TLS 1.1.
        String hello = "160302002a020000260302" + "5a".repeat(32) + "00002f00";
        return Stream.of(
                Named.of("refuses with an alert", wire -> {
                    wire.in().readNBytes(16);
                    wire.write(HexFormat.of().parseHex("15030200020246"));
                    RawTcp.SILENT.serve(wire);
                }),
                Named.of("answers with TLS 1.1", wire -> {
                    wire.in().readNBytes(16);
                    wire.write(HexFormat.of().parseHex(hello));
                    RawTcp.SILENT.serve(wire);
                }));
    }

    @ParameterizedTest
    @MethodSource("serversThatSpeakOldTlsOnly")
    void row26_aServerThatOffersOldTlsOnlyEndsTheCallInPlainWords(RawTcp.Script script) throws Exception {
        try (RawTcp server = RawTcp.start(script);
                CloseCrmClient client =
                        client(URI.create("https://localhost:" + server.port()), ConnectionOptions.builder())) {
            Fault.of(client)
                    .unsentIn(Phase.TLS)
                    .timedOut(false)
                    .lasting()
                    .saying("no version of TLS that is safe", "1.2 or 1.3");
            assertNothingWasTold(server);
        }
    }

    @Test
    void aConnectionThatEndsInTheHandshakeMayBeTriedAgain() throws Exception {
        try (RawTcp server = RawTcp.start(wire -> wire.in().readNBytes(16));
                CloseCrmClient client =
                        client(URI.create("https://localhost:" + server.port()), ConnectionOptions.builder())) {
            Fault.of(client).unsentIn(Phase.TLS).timedOut(false).passing();
            assertNothingWasTold(server);
        }
    }

    @Test
    void aTrustedCertificateWithTheRightNameIsFine() throws Exception {
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client =
                        client(server.baseUrl(), ConnectionOptions.builder().trustManagerFactory(RawServer.trust()))) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    private static void assertNothingWasTold(RawTcp server) {
        assertThat(server.received()).doesNotContain("DELETE", "HTTP/", KEY, ENCODED);
    }

    private static CloseCrmClient client(URI baseUrl, ConnectionOptions.Builder connections) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(KEY))
                .baseUrl(baseUrl)
                .connections(connections.build())
                .build();
    }

    private static TrustManagerFactory factoryOf(TrustManager manager) {
        TrustManagerFactorySpi spi = new TrustManagerFactorySpi() {
            @Override
            protected void engineInit(KeyStore keys) {}

            @Override
            protected void engineInit(ManagerFactoryParameters parameters) {}

            @Override
            protected TrustManager[] engineGetTrustManagers() {
                return new TrustManager[] {manager};
            }
        };
        return new TrustManagerFactory(
                spi,
                new Provider("test", "1", "") {
                    private static final long serialVersionUID = 1L;
                },
                "test") {};
    }

    /** What people paste from the web. Not of the extended kind, which is the one that sees the host name. */
    private static final class TrustsEverything implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
