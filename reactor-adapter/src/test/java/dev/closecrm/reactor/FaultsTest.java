package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What is reported when the network or the server misbehaves, over real sockets. */
class FaultsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ContactId ID = ContactId.of("cont_1");

    @Test
    void nobodyListens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        try (CloseCrmClient client =
                client(URI.create("http://127.0.0.1:" + port)).build()) {
            assertTransport(delete(client), Phase.CONNECT, false, Delivery.NOT_SENT);
        }
    }

    @Test
    void theConnectionIsResetAfterTheRequestWasRead() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.reset());
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.EXCHANGE, false, Delivery.UNKNOWN);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void theConnectionIsClosedAfterTheRequestWasRead() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.socket().close());
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.EXCHANGE, false, Delivery.UNKNOWN);
        }
    }

    @Test
    void theServerNeverAnswers() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> {});
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.EXCHANGE, true, Delivery.UNKNOWN);
        }
    }

    @Test
    void theBodyIsCutOff() throws Exception {
        RawServer.Script script = (request, wire) -> {
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{");
            wire.socket().close();
        };
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.EXCHANGE, false, Delivery.UNKNOWN);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "\u0000\u0001\u0002 garbage \r\n\r\n", "HTTP/9.9 x\r\n\r\n"})
    void theAnswerIsNotHttp(String garbage) throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(garbage));
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.PROTOCOL, false, Delivery.UNKNOWN);
        }
    }

    @Test
    void whatIsNotHttpMayQuoteTheKeyAndTheErrorDoesNot() throws Exception {
        RawServer.Script script = (request, wire) ->
                wire.write(Credentials.apiKey("api_test").authorization() + " api_test is not a version\r\n\r\n");
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            StringWriter trace = new StringWriter();
            error(delete(client)).printStackTrace(new PrintWriter(trace));
            assertThat(trace.toString()).contains("PROTOCOL").doesNotContainIgnoringCase("api_test", "YXBpX3Rlc3Q6");
        }
    }

    @Test
    void interimAnswersWithoutEndAreNotAwaitedForEver() throws Exception {
        RawServer.Script script = (request, wire) -> {
            while (true) {
                wire.write(Answers.EARLY_HINTS);
            }
        };
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.PROTOCOL, false, Delivery.UNKNOWN);
        }
    }

    @Test
    void aBodyInChunksOfOneByteIsReadWhole() throws Exception {
        String body = "{\"error\": \"" + "x".repeat(30_000) + "\"}";
        StringBuilder chunks = new StringBuilder("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n");
        body.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(chunks + "0\r\n\r\n"));
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertThat(delete(client).outcome()).isEqualTo(new DeleteOutcome.NotFound());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // The beginning of a second answer, whose rest comes when the next request is there.
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Le",
                // A body where there must be none.
                "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
            })
    void whatFollowsAnAnswerIsNotTakenForTheNext(String first) throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(
                request.number() == 0 ? first : request.connection() == 1 ? "ngth: 2\r\n\r\n{}" : Answers.NOT_FOUND);
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl())
                        .connections(
                                ConnectionOptions.builder().maxConnections(1).build())
                        .build()) {
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void anAnswerThatDripsEndsWithTheAttempt() throws Exception {
        RawServer.Script script = (request, wire) -> {
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
            // Each byte comes when the client's system has taken the one before; there is no end to them.
            boolean open = true;
            while (open) {
                wire.write(" ");
                wire.socket().setSoTimeout(20);
                try {
                    open = wire.socket().getInputStream().read() >= 0;
                } catch (java.net.SocketTimeoutException stillThere) {
                    open = true;
                }
            }
        };
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl())
                        .connections(ConnectionOptions.builder()
                                .responseTimeout(Duration.ofSeconds(10))
                                .attemptTimeout(Duration.ofMillis(500))
                                .build())
                        .build()) {
            assertTransport(delete(client), Phase.EXCHANGE, true, Delivery.UNKNOWN);
        }
    }

    @Test
    void nothingIsSentOverAConnectionThatWasJustBeingOpenedWhenTheClientWasDisposed() throws Exception {
        CountDownLatch helloRead = new CountDownLatch(1);
        CountDownLatch disposed = new CountDownLatch(1);
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK));
                ServerSocket gate = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                CloseCrmClient client = client(URI.create("https://localhost:" + gate.getLocalPort()))
                        .connections(ConnectionOptions.builder()
                                .trustManagerFactory(RawServer.trust())
                                .build())
                        .build()) {
            Thread relay = new Thread(() -> relayOnceDisposed(gate, server, helloRead, disposed));
            relay.setDaemon(true);
            relay.start();
            Mono<DeleteResult<ContactId>> call = client.tryDeleteContact(ID).cache();
            call.subscribe();
            assertThat(helloRead.await(10, TimeUnit.SECONDS)).isTrue();

            client.dispose();
            disposed.countDown();

            assertThat(call.block(Duration.ofSeconds(4)).outcome())
                    .isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
            assertThat(server.requests()).isEmpty();
        }
    }

    /** Holds the handshake up after its first message until the client is disposed, then passes everything on. */
    private static void relayOnceDisposed(
            ServerSocket gate, RawServer server, CountDownLatch helloRead, CountDownLatch disposed) {
        try (Socket near = gate.accept();
                Socket far = new Socket(
                        InetAddress.getLoopbackAddress(), server.baseUrl().getPort())) {
            byte[] hello = new byte[16 * 1024];
            int length = near.getInputStream().read(hello);
            helloRead.countDown();
            disposed.await(10, TimeUnit.SECONDS);
            far.getOutputStream().write(hello, 0, length);
            Thread back = new Thread(() -> {
                try {
                    far.getInputStream().transferTo(near.getOutputStream());
                } catch (IOException closed) {
                    return;
                }
            });
            back.setDaemon(true);
            back.start();
            near.getInputStream().transferTo(far.getOutputStream());
        } catch (IOException | InterruptedException closed) {
            return;
        }
    }

    @Test
    void theHeadersAreLargerThanSixteenKibibytes() throws Exception {
        RawServer.Script script =
                (request, wire) -> wire.write("HTTP/1.1 200 OK\r\nX-Large: " + "x".repeat(1024 * 1024) + "\r\n\r\n{}");
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertTransport(delete(client), Phase.PROTOCOL, false, Delivery.UNKNOWN);
        }
    }

    @Test
    void theBodyIsLargerThanSixtyFourKibibytes() throws Exception {
        RawServer.Script script = (request, wire) -> {
            String part = "x".repeat(64 * 1024);
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            for (int i = 0; i < 16 * 1024; i++) {
                wire.write(part);
            }
        };
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertCode(delete(client), ErrorCode.UNEXPECTED_RESPONSE, Delivery.UNKNOWN);
            assertCode(delete(client), ErrorCode.UNEXPECTED_RESPONSE, Delivery.UNKNOWN);
            // Closed, not drained: the rest of the gigabyte stays with the server.
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void aCaptivePortalAnswersInsteadOfTheService() throws Exception {
        for (int status : new int[] {200, 404}) {
            try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.html(status)));
                    CloseCrmClient client = client(server.baseUrl()).build()) {
                assertCode(delete(client), ErrorCode.UNEXPECTED_RESPONSE, Delivery.UNKNOWN);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsNotFollowed(int status) throws Exception {
        try (RawServer other = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer server =
                        RawServer.plain((request, wire) -> wire.write("HTTP/1.1 " + status + " Moved\r\nLocation: "
                                + other.baseUrl() + request.path() + "\r\nContent-Length: 0\r\n\r\n"));
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertCode(delete(client), ErrorCode.UNEXPECTED_RESPONSE, Delivery.UNKNOWN);
            assertThat(server.requests()).hasSize(1);
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void aCompressedBodyIsNotUnpacked() throws Exception {
        RawServer.Script script = (request, wire) -> wire.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                + "Content-Length: 22\r\n\r\n\u001f\u008b\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0003\u00ab\u00ae\u0005\u0000"
                + "C\u00bf\u00a6\u00a3\u0002\u0000\u0000\u0000");
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertCode(delete(client), ErrorCode.UNEXPECTED_RESPONSE, Delivery.UNKNOWN);
        }
    }

    @Test
    void errorAnswersKeepTheirConnection() throws Exception {
        int[] statuses = {400, 401, 402, 403, 404, 405, 415, 429, 500, 503};
        RawServer.Script script = (request, wire) ->
                wire.write(Answers.json(statuses[request.number()], "{\"error\": \"" + "x".repeat(10_000) + "\"}"));
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl())
                        .connections(
                                ConnectionOptions.builder().maxConnections(1).build())
                        .retry(RetryOptions.builder()
                                .maxAttempts(1)
                                .maxRefusals(1)
                                .build())
                        .build()) {
            Flux.range(0, statuses.length)
                    .concatMap(i -> client.tryDeleteContact(ID))
                    .blockLast(LIMIT);
            assertThat(server.requests()).hasSize(statuses.length);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void anEchoedKeyDoesNotReachTheError() throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(
                Answers.json(400, "{\"error\": \"bad request: " + request.text().replace("\r\n", " ") + "\"}"));
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl()).build()) {
            assertThat(error(delete(client)).getMessage())
                    .contains("Basic ***")
                    .doesNotContain("api_test", "YXBpX3Rlc3Q6");
        }
    }

    @Test
    void anUntrustedCertificateEndsTheCallBeforeTheKeyIsSent() throws Exception {
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(server.baseUrl()).build()) {
            TransportException error = (TransportException) error(delete(client));
            assertThat(error.phase()).isEqualTo(Phase.TLS);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
            assertThat(error.retryable()).isFalse();
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void aCertificateForAnotherHostEndsTheCallBeforeTheKeyIsSent() throws Exception {
        var certificate = RawServer.certificate("other.example");
        try (RawServer server = RawServer.tls(certificate, (request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(server.baseUrl())
                        .connections(ConnectionOptions.builder()
                                .trustManagerFactory(certificate.toTrustManagerFactory())
                                .build())
                        .build()) {
            assertTransport(delete(client), Phase.TLS, false, Delivery.NOT_SENT);
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void aServerThatSpeaksPlainTextOnTheTlsPortGetsNoRequest() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                ServerSocket greeter = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                CloseCrmClient client = client(URI.create("https://localhost:" + greeter.getLocalPort()))
                        .build()) {
            Thread greeting = new Thread(() -> {
                try (var socket = greeter.accept()) {
                    socket.getOutputStream()
                            .write("220 mail.example ESMTP\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
                } catch (java.io.IOException closed) {
                    return;
                }
            });
            greeting.start();
            assertTransport(delete(client), Phase.TLS, false, Delivery.NOT_SENT);
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void aHandshakeThatStallsEndsWithItsOwnLimit() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                CloseCrmClient client = client(URI.create("https://localhost:" + silent.getLocalPort()))
                        .build()) {
            assertTransport(delete(client), Phase.TLS, true, Delivery.NOT_SENT);
        }
    }

    @Test
    void cancellingClosesTheExchange() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RawServer.Script script = (request, wire) -> {
            if (wire.socket().getInputStream().read() < 0) {
                closed.countDown();
            }
        };
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl())
                        .connections(ConnectionOptions.defaults())
                        .build()) {
            StepVerifier.create(client.deleteContact(ID))
                    .expectSubscription()
                    .then(() -> awaitRequest(server))
                    .thenCancel()
                    .verify(LIMIT);
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void awaitRequest(RawServer server) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (server.requests().isEmpty() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(server.requests()).hasSize(1);
    }

    private static CloseCrmClient.Builder client(URI baseUrl) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(baseUrl)
                // One attempt, so that what is reported is what it met.
                .retry(RetryOptions.builder().maxAttempts(1).build())
                .connections(ConnectionOptions.builder()
                        .responseTimeout(Duration.ofMillis(500))
                        .tlsHandshakeTimeout(Duration.ofSeconds(2))
                        .build());
    }

    private static DeleteResult<ContactId> delete(CloseCrmClient client) {
        return client.tryDeleteContact(ID).block(LIMIT);
    }

    private static CallException error(DeleteResult<ContactId> result) {
        assertThat(result.outcome()).isInstanceOf(DeleteOutcome.Failed.class);
        return (CallException) ((DeleteOutcome.Failed) result.outcome()).error();
    }

    private static void assertTransport(
            DeleteResult<ContactId> result, Phase phase, boolean timedOut, Delivery delivery) {
        TransportException error = (TransportException) error(result);
        assertThat(error.phase()).as(error.getMessage()).isEqualTo(phase);
        assertThat(error.timedOut()).isEqualTo(timedOut);
        assertThat(error.delivery()).isEqualTo(delivery);
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(result.status()).isNull();
    }

    private static void assertCode(DeleteResult<ContactId> result, ErrorCode code, Delivery delivery) {
        CallException error = error(result);
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.delivery()).isEqualTo(delivery);
        assertThat(result.status()).isNotNull();
    }
}
