package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
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
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows 21 to 26: certificates that are not to be believed, handshakes that stall, servers that speak something else. Which version
 * of HTTP is wanted is part of the handshake.
 */
@ExtendWith(Watch.class)
@ParameterizedClass
@EnumSource
class TlsRowsTest {

    private static final int ATTEMPTS = Unanswered.ALL_ATTEMPTS;

    private final Over over;

    TlsRowsTest(Over over) {
        this.over = over;
    }

    @Test
    void row21_anUntrustedCertificateEndsTheCallWithNothingSent() throws Exception {
        try (Service server = Service.tls(over, Service.OK)) {
            assertLasting(client(server.baseUrl(), connections -> connections))
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
        try (RawServer server = RawServer.tls(OTHER_HOST, (request, wire) -> wire.write(Answers.OK))) {
            assertLasting(client(server.baseUrl(), connections -> connections.trustManagerFactory(trust)))
                    .saying("certificate is refused", "localhost");
            assertThat(server.requests()).isEmpty();
            assertThat(server.connections()).isEqualTo(1);
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
        try (RawServer server = RawServer.tls(leaf, (request, wire) -> wire.write(Answers.OK))) {
            assertLasting(client(
                            server.baseUrl(),
                            connections -> connections.trustManagerFactory(authority.toTrustManagerFactory())))
                    .saying("certificate has expired");
            assertThat(server.requests()).isEmpty();
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void row24_aHandshakeThatStallsEndsWithItsOwnLimitAndIsTriedAgain() throws Exception {
        Duration limit = Small.small(ConnectionOptions.defaults().tlsHandshakeTimeout());
        try (RawTcp server = RawTcp.start(RawTcp.SILENT)) {
            CloseCrmClient client = client(https(server), connections -> connections.tlsHandshakeTimeout(limit));
            Unanswered fault = Unanswered.of(Small.delete(client))
                    .in(Phase.TLS)
                    .unsent()
                    .timedOut(true)
                    .passing();
            assertThat(fault.result().elapsed()).isGreaterThanOrEqualTo(limit.multipliedBy(ATTEMPTS));
            assertThat(server.connections()).isEqualTo(ATTEMPTS);
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
        try (RawTcp server = RawTcp.start(script)) {
            assertLasting(client(https(server), connections -> connections)).saying("does not speak TLS on this port");
            assertThat(server.connections()).isEqualTo(1);
            assertNothingWasTold(server);
        }
    }

    static Stream<Named<RawTcp.Script>> serversThatSpeakOldTlsOnly() {
        // A server may refuse with an alert, or answer with the best it has: a hello of TLS 1.1, with a suite that
        // the client offers whatever version of HTTP it wants.
        String hello = "160302002a020000260302" + "5a".repeat(32) + "00c02f00";
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
        try (RawTcp server = RawTcp.start(script)) {
            assertLasting(client(https(server), connections -> connections))
                    .saying("no version of TLS that is safe", "1.2 or 1.3");
            assertThat(server.connections()).isEqualTo(1);
            assertNothingWasTold(server);
        }
    }

    @Test
    void aConnectionThatEndsInTheHandshakeIsTriedAgain() throws Exception {
        try (RawTcp server = RawTcp.start(wire -> wire.in().readNBytes(16))) {
            Unanswered.of(Small.delete(client(https(server), connections -> connections)))
                    .in(Phase.TLS)
                    .unsent()
                    .timedOut(false)
                    .passing();
            assertThat(server.connections()).isEqualTo(ATTEMPTS);
            assertNothingWasTold(server);
        }
    }

    @Test
    void aTrustedCertificateWithTheRightNameIsFine() throws Exception {
        try (Service server = Service.tls(over, Service.OK)) {
            CloseCrmClient client =
                    client(server.baseUrl(), connections -> connections.trustManagerFactory(server.trust()));
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    private static Unanswered assertLasting(CloseCrmClient client) {
        return Unanswered.of(Small.delete(client))
                .in(Phase.TLS)
                .unsent()
                .timedOut(false)
                .lasting();
    }

    private static void assertNothingWasTold(RawTcp server) {
        assertThat(server.received()).doesNotContain("DELETE", "HTTP/");
        Watch.assertTellsNoSecret(server.received());
    }

    private static URI https(RawTcp server) {
        return URI.create("https://localhost:" + server.port());
    }

    private CloseCrmClient client(URI baseUrl, UnaryOperator<ConnectionOptions.Builder> settings) {
        return Small.client(baseUrl, over, settings);
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
