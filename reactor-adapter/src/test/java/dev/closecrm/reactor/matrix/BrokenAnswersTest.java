package dev.closecrm.reactor.matrix;

import static dev.closecrm.reactor.matrix.Attempts.assertFault;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Protocol;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Rows 27 to 32, 37 and 38: answers that are none, are too large, or do not end. */
class BrokenAnswersTest {

    /** What Netty's window and our cap let a server send before it has to notice. */
    private static final int LARGE = 1 << 20;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = "HTTP/2, over TLS or plain")
    void row27_whatIsNotAFrameIsAProtocolErrorAndClosesTheConnection(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = tls ? FrameServer.tls(script) : FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            server.awaitClosedConnections(1);
            assertThat(attempts.await("cont_1")).isInstanceOf(AttemptResult.Deleted.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "\u0000\u0001\u0002 garbage \r\n\r\n"})
    @Row(runs = "HTTP/1.1")
    void row27_garbageInsteadOfAStatusLineIsAProtocolErrorAndClosesTheConnection(String garbage) throws Exception {
        oneBrokenAnswer(garbage);
    }

    @Test
    @Row(runs = "HTTP/2 towards a server of HTTP/1.1")
    void row27_aServerThatDoesNotSpeakHttp2GetsNoRequest() throws Exception {
        RawServer.Script script =
                (request, wire) -> wire.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        try (RawServer server = RawServer.plain(script);
                Attempts attempts = Attempts.at(server, options -> options.protocol(Protocol.HTTP_2))) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.NOT_SENT, Prospect.TRANSIENT);
        }
    }

    @Test
    @Row(runs = "HTTP/1.1")
    void row28_aHeaderOfAMebibyteIsRefusedAndClosesTheConnection() throws Exception {
        oneBrokenAnswer("HTTP/1.1 200 OK\r\nX-Large: " + "x".repeat(LARGE) + "\r\nContent-Length: 2\r\n\r\n{}");
    }

    @Test
    @Row(runs = "HTTP/2")
    void row28_aHeaderOfAMebibyteIsRefusedOverHttp2AndClosesTheConnection() {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.head(200, "x-large", "x".repeat(LARGE)).data("{}", true);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            server.awaitClosedConnections(1);
            assertThat(attempts.await("cont_1")).isInstanceOf(AttemptResult.Deleted.class);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row28_aHeaderThatIsALittleTooLargeResetsItsStreamOnly() throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(200, "x-large", "x".repeat(17 * 1024));
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            assertThat(server.awaitReset().errorCode()).isEqualTo(Http2Error.PROTOCOL_ERROR.code());
            assertThat(attempts.await("cont_1")).isInstanceOf(AttemptResult.Deleted.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row29_aBodyCutByTheEndOfTheConnectionIsUnknown() {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.head(200, "content-length", "20").data("{", false).closeConnection();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row29_aBodyCutByAResetIsUnknownAndTheConnectionGoesOn() {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(200, "content-length", "20").data("{", false).reset(Http2Error.INTERNAL_ERROR);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row30_aBodyThatDripsEndsWithTheAttemptAndResetsItsStreamOnly() throws Exception {
        AtomicReference<FrameServer.Wire> other = new AtomicReference<>();
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                other.set(wire);
            } else {
                wire.head(200).repeat(Duration.ofMillis(50), () -> wire.data(" ", false));
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server, options -> options.responseTimeout(Duration.ofSeconds(10)))) {
            Mono<AttemptResult> answered =
                    attempts.delete("cont_1", Duration.ofSeconds(15)).cache();
            answered.subscribe();
            server.awaitRequests(1);

            assertFault(
                    attempts.delete("cont_0", Duration.ofMillis(750)).block(Attempts.LIMIT),
                    Phase.EXCHANGE,
                    true,
                    Delivery.UNKNOWN,
                    Prospect.TRANSIENT);
            FrameServer.Reset reset = server.awaitReset();
            assertThat(reset.errorCode()).isEqualTo(Http2Error.CANCEL.code());
            assertThat(reset.stream()).isEqualTo(server.requests().get(1).stream());

            other.get().answer(200, "{}");
            assertThat(answered.block(Attempts.LIMIT)).isInstanceOf(AttemptResult.Deleted.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row31_aBodyOfAGibibyteIsNotReadToItsEnd() throws Exception {
        byte[] block = new byte[LARGE];
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(200);
                for (int i = 0; i < 1024; i++) {
                    wire.data(block, false);
                }
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertUnexpected(attempts.await("cont_1"));
            assertThat(server.awaitReset().errorCode()).isEqualTo(Http2Error.CANCEL.code());
            // The connection's window is not used up by what was thrown away.
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row32_whatIsPackedIsNotUnpacked() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(new byte[10 * LARGE]);
        }
        FrameServer.Script script =
                (request, wire) -> wire.head(200, "content-type", "application/json", "content-encoding", "gzip")
                        .data(packed.toByteArray(), true);
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertUnexpected(attempts.await("cont_1"));
            assertThat(server.requests().get(0).headers().contains("accept-encoding"))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = "HTTP/1.1: a stream carries one answer")
    void row37_aSecondAnswerClosesTheConnectionAndTheFirstCounts(boolean sameSegment) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RawServer.Script script = (request, wire) -> {
            String answer = Answers.about(request.contactId());
            if (request.connection() > 1) {
                wire.write(answer);
                return;
            }
            if (sameSegment) {
                wire.write(answer + Answers.OK);
            } else {
                wire.write(answer);
                wire.write(Answers.OK);
            }
            awaitClose(wire, closed);
        };
        try (RawServer server = RawServer.plain(script);
                Attempts attempts = Attempts.at(server, options -> options.maxConnections(1))) {
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(attempts.await("cont_20")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "Content-Length: 2\r\nTransfer-Encoding: identity\r\n\r\n{}",
                "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
                "Content-Length: 2, 3\r\n\r\n{} ",
            })
    @Row(runs = "HTTP/1.1")
    void row38_aBodyWithTwoLengthsIsAProtocolErrorAndClosesTheConnection(String rest) throws Exception {
        oneBrokenAnswer("HTTP/1.1 200 OK\r\n" + rest);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "20, true", "-1, false", "x, false"})
    @Row(runs = "HTTP/2")
    void row38_aLengthThatTheFramesDoNotHaveIsAProtocolErrorAndEndsTheStreamOnly(String length, boolean ended)
            throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(200, "content-length", length).data("{}", ended);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            if (!ended) {
                // Of a stream that has ended the server's codec does not tell any more.
                assertThat(server.awaitReset().errorCode()).isEqualTo(Http2Error.PROTOCOL_ERROR.code());
            }
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    /** Over HTTP/1.1: the answer proves nothing, its connection is closed, and the next call has another. */
    private static void oneBrokenAnswer(String broken) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RawServer.Script script = (request, wire) -> {
            if (request.connection() > 1) {
                wire.write(Answers.about(request.contactId()));
                return;
            }
            try {
                wire.write(broken);
            } finally {
                awaitClose(wire, closed);
            }
        };
        try (RawServer server = RawServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.PROTOCOL, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    private static void awaitClose(RawServer.Wire wire, CountDownLatch closed) throws java.io.IOException {
        try {
            wire.socket().getInputStream().read();
        } finally {
            closed.countDown();
        }
    }

    private static void assertUnexpected(AttemptResult result) {
        assertThat(result).isInstanceOf(AttemptResult.Refused.class);
        assertThat(((AttemptResult.Refused) result).refusal()).isEqualTo(Refusal.UNEXPECTED);
        assertThat(result.delivery()).isEqualTo(Delivery.UNKNOWN);
    }
}
