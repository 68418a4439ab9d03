package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

class Http2Test {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final X509Bundle CERTIFICATE = Certificates.forLocalhost();

    @ParameterizedTest
    @EnumSource(Version.class)
    void onePortSpeaksBothInCleartext(Version version) throws Exception {
        try (CloseCrmSandbox sandbox = started(CloseCrmSandbox.Builder::http2)) {
            // Asked for HTTP/2, the first request of this client is HTTP/1.1 with an upgrade.
            Http http = Http.speaking(version);
            for (String id : sandbox.contactIds()) {
                HttpResponse<String> answer = http.delete(sandbox, id);

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.body()).isEqualTo("{}");
            }
            assertThat(sandbox.baseUrl()).hasScheme("http");
            assertThat(sandbox.ledger().deleted()).isEqualTo(3);
            assertThat(sandbox.ledger().inFlight()).isZero();
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, HTTP_2, HTTP_2", "true, HTTP_1_1, HTTP_1_1", "false, HTTP_2, HTTP_1_1"})
    void protocolIsNegotiatedOverTls(boolean http2, Version offered, Version spoken) throws Exception {
        try (CloseCrmSandbox sandbox = started(builder -> http2 ? tls(builder).http2() : tls(builder))) {
            Http http = Http.speaking(offered, clientTls());
            for (String id : sandbox.contactIds()) {
                HttpResponse<String> answer = http.delete(sandbox, id);

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.version()).isEqualTo(spoken);
            }
            assertThat(sandbox.baseUrl())
                    .hasScheme("https")
                    .hasHost("localhost")
                    .hasPort(sandbox.port());
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
            assertThat(sandbox.ledger().inFlight()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void faultsWorkOverTlsToo(Version version) throws Exception {
        try (CloseCrmSandbox sandbox = started(builder -> tls(builder).http2())) {
            Http http = Http.speaking(version, clientTls());
            List<String> ids = sandbox.contactIds();
            sandbox.faults()
                    .next(
                            Fault.resetBefore(),
                            Fault.closeBefore(),
                            Fault.resetAfter(),
                            Fault.garbage(),
                            Fault.truncated(),
                            Fault.interim(103));

            assertThatThrownBy(() -> http.delete(sandbox, ids.get(0))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> http.delete(sandbox, ids.get(0))).isInstanceOf(IOException.class);
            assertThat(sandbox.contains(ids.get(0))).isTrue();
            for (String id : ids) {
                assertThatThrownBy(() -> http.delete(sandbox, id)).isInstanceOf(IOException.class);
                assertThat(sandbox.contains(id)).isFalse();
            }
            assertThat(http.delete(sandbox, ids.get(0)).statusCode()).isEqualTo(404);
            assertThat(sandbox.ledger().entry(ids.get(0)).requests()).isEqualTo(4);
        }
    }

    @Test
    void resetOverTlsIsNoOrderlyEnd() throws Exception {
        try (CloseCrmSandbox sandbox = started(Http2Test::tls);
                RawConnection connection =
                        new RawConnection(sandbox, clientTls().getSocketFactory())) {
            sandbox.faults().next(Fault.resetBefore());
            connection.delete(sandbox.contactIds().get(0));

            assertThatThrownBy(connection::rest).hasMessageContaining("reset");
        }
    }

    @Test
    void connectionCountsBeforeItsHandshakeAndNotAfterItsEnd() throws Exception {
        try (CloseCrmSandbox sandbox = started(builder -> tls(builder).http2())) {
            try (Socket mute = new Socket(InetAddress.getLoopbackAddress(), sandbox.port())) {
                assertThat(mute.isConnected()).isTrue();
                Await.until(() -> sandbox.ledger().connections() == 1);
            }
            Await.untilNothingIsLeft(sandbox.ledger());
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
        }
    }

    @Test
    void priorKnowledgePutsAllRequestsOntoOneConnection() {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                .contacts(200)
                .latency(Duration.ofMillis(20))
                .http2()
                .start()) {
            withClient(HttpProtocol.H2C, client -> {
                List<Integer> statuses = Flux.fromIterable(sandbox.contactIds())
                        .flatMap(id -> delete(client, sandbox, id), 50)
                        .collectList()
                        .block(LIMIT);
                assertThat(statuses).hasSize(200).containsOnly(200);
            });
            assertThat(sandbox.ledger().entries()).allMatch(entry -> entry.deletes() == 1 && entry.requests() == 1);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
            assertThat(sandbox.ledger().peakInFlight()).isBetween(2, 50);
            Await.untilNothingIsLeft(sandbox.ledger());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpProtocol.class,
            names = {"H2C", "HTTP11"})
    void whateverGoesWrongTheLedgerIsRightAndNothingIsLeft(HttpProtocol protocol) {
        try (CloseCrmSandbox sandbox =
                CloseCrmSandbox.builder().contacts(150).http2().start()) {
            // No interim answers: this client would take them for the final ones.
            sandbox.faults()
                    .withProbability(
                            0.6,
                            42,
                            Fault.status(503).afterDelete(),
                            Fault.delay(Duration.ofMillis(5)),
                            Fault.noContent(),
                            Fault.chunked(),
                            Fault.resetBefore(),
                            Fault.resetAfter(),
                            Fault.closeBefore(),
                            Fault.closeAfter(),
                            Fault.refusedStream(),
                            Fault.goAwayBefore(),
                            Fault.goAwayAfter(),
                            Fault.truncated(),
                            Fault.garbage(),
                            Fault.slowDrip(Duration.ofMillis(1)),
                            Fault.connectionClose());
            withClient(protocol, client -> {
                HttpClient impatient = client.responseTimeout(Duration.ofSeconds(2));
                List<Integer> statuses = Flux.fromIterable(sandbox.contactIds())
                        .flatMap(id -> deletedOrLost(impatient, sandbox, id), 20)
                        .collectList()
                        .block(LIMIT);
                assertThat(statuses).contains(200);
            });
            Await.untilNothingIsLeft(sandbox.ledger());
            assertThat(sandbox.ledger().deleted())
                    .isEqualTo(150 - sandbox.contactCount())
                    .isPositive();
            assertThat(sandbox.ledger().entries()).allMatch(entry -> entry.deletes() <= 1);
            assertThat(sandbox.ledger().faulted()).isPositive();
        }
    }

    @Test
    void withoutBeingToldItSpeaksNoHttp2() throws Exception {
        try (CloseCrmSandbox sandbox = started(builder -> builder)) {
            HttpResponse<String> answer = Http.speaking(Version.HTTP_2)
                    .delete(sandbox, sandbox.contactIds().get(0));

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.version()).isEqualTo(Version.HTTP_1_1);
        }
    }

    private static Mono<Integer> delete(HttpClient client, CloseCrmSandbox sandbox, String id) {
        return client.headers(headers -> headers.set("Authorization", Http.basic(sandbox.apiKey())))
                .request(HttpMethod.DELETE)
                .uri(sandbox.baseUrl() + "/api/v1/contact/" + id + "/")
                .responseSingle((response, body) ->
                        body.then(Mono.just(response.status().code())));
    }

    private static Mono<Integer> deletedOrLost(HttpClient client, CloseCrmSandbox sandbox, String id) {
        return delete(client, sandbox, id)
                .onErrorResume(Exception.class, lost -> Mono.empty())
                // The contact is gone whenever the client was told so.
                .doOnNext(status ->
                        assertThat(status < 300 && sandbox.contains(id)).isFalse());
    }

    private static void withClient(HttpProtocol protocol, Consumer<HttpClient> work) {
        int connections = protocol == HttpProtocol.H2C ? 1 : 20;
        ConnectionProvider pool = ConnectionProvider.builder("sandbox-test")
                .maxConnections(connections)
                .build();
        try {
            work.accept(HttpClient.create(pool)
                    .protocol(protocol)
                    .disableRetry(true)
                    .responseTimeout(Duration.ofSeconds(10)));
        } finally {
            pool.disposeLater().block(LIMIT);
        }
    }

    private static CloseCrmSandbox started(UnaryOperator<CloseCrmSandbox.Builder> settings) {
        return settings.apply(CloseCrmSandbox.builder().contacts(3)).start();
    }

    private static CloseCrmSandbox.Builder tls(CloseCrmSandbox.Builder builder) {
        try {
            return builder.tls(CERTIFICATE.toKeyManagerFactory());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext clientTls() throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, CERTIFICATE.toTrustManagerFactory().getTrustManagers(), null);
        return tls;
    }
}
