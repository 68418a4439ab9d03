package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Rows 27 to 32, 37 and 38, byte by byte and frame by frame: answers that are none, are too large, or do not end. */
@ExtendWith(Watch.class)
class BrokenAnswersTest {

    /** What Netty's window and our cap let a server send before it has to notice. */
    private static final int LARGE = 1 << 20;

    private static final int ATTEMPTS = Unanswered.ALL_ATTEMPTS;

    /** Never gets a proper answer. */
    private static final ContactId BROKEN = ContactId.of("cont_broken");

    /** Gets a proper answer the second time, namely that it is not there. */
    private static final ContactId ONCE = ContactId.of("cont_once");

    private static final ContactId MISSING = ContactId.of("cont_missing");

    /** What the three are asked for in {@link #assertAskedAgain}, and how many of the answers are broken. */
    private static final int ASKED = ATTEMPTS + 2 + 1;

    private static final int BROKEN_ANSWERS = ATTEMPTS + 1;

    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(BROKEN_ANSWERS);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = "HTTP/2, over TLS or plain")
    void row27_whatIsNotAFrameIsAProtocolErrorAndClosesTheConnection(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = tls ? FrameServer.tls(script) : FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.PROTOCOL);
            assertThat(server.requests()).hasSize(ASKED);
            server.awaitClosedConnections(BROKEN_ANSWERS);
            assertThat(server.connections()).isEqualTo(BROKEN_ANSWERS + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "\u0000\u0001\u0002 garbage \r\n\r\n"})
    @Row(runs = "HTTP/1.1")
    void row27_garbageInsteadOfAStatusLineIsAProtocolErrorAndClosesTheConnection(String garbage) throws Exception {
        assertAskedAgainElsewhere(garbage);
    }

    @Test
    @Row(runs = "HTTP/2 towards a server of HTTP/1.1")
    void row27_aServerThatDoesNotSpeakHttp2GetsNoRequest() throws Exception {
        RawServer.Script script =
                (request, wire) -> wire.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        try (RawServer server = RawServer.plain(script)) {
            Unanswered.of(Small.delete(Small.client(server.baseUrl(), Over.HTTP_2)))
                    .in(Phase.PROTOCOL)
                    .timedOut(false)
                    .unsent()
                    .passing();
            assertThat(server.connections()).isEqualTo(ATTEMPTS);
            assertThat(server.requests()).noneMatch(request -> request.text().contains("DELETE"));
        }
    }

    @Test
    @Row(runs = "HTTP/1.1")
    void row28_aHeaderOfAMebibyteIsRefusedAndClosesTheConnection() throws Exception {
        assertAskedAgainElsewhere(
                "HTTP/1.1 200 OK\r\nX-Large: " + "x".repeat(LARGE) + "\r\nContent-Length: 2\r\n\r\n{}");
    }

    @ParameterizedTest
    @CsvSource({"15360, true", "17408, false"})
    @Row(runs = "HTTP/1.1")
    void row28_theLimitIs16KibibytesOfHeaders(int length, boolean taken) throws Exception {
        RawServer.Script script = (request, wire) ->
                wire.write("HTTP/1.1 200 OK\r\nX-Large: " + "x".repeat(length) + "\r\nContent-Length: 2\r\n\r\n{}");
        try (RawServer server = RawServer.plain(script)) {
            assertTaken(Small.delete(Small.client(server.baseUrl(), Over.HTTP_1_1)), taken);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row28_aHeaderOfAMebibyteIsRefusedOverHttp2AndClosesTheConnection() {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                // A letter that packing does not make shorter, so that the server need not pack a megabyte bit by bit.
                wire.head(200, "x-large", "X".repeat(LARGE)).data("{}", true);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.PROTOCOL);
            assertThat(server.requests()).hasSize(ASKED);
            server.awaitClosedConnections(BROKEN_ANSWERS);
            assertThat(server.connections()).isEqualTo(BROKEN_ANSWERS + 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"15360, true", "17408, false"})
    @Row(runs = "HTTP/2")
    void row28_theLimitIs16KibibytesOfHeadersOverHttp2(int length, boolean taken) {
        FrameServer.Script script =
                (request, wire) -> wire.head(200, "x-large", "x".repeat(length)).data("{}", true);
        try (FrameServer server = FrameServer.plain(script)) {
            assertTaken(Small.delete(client(server)), taken);
        }
    }

    private static void assertTaken(DeleteResult<ContactId> result, boolean taken) {
        if (taken) {
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
            assertThat(result.attempts()).isEqualTo(1);
        } else {
            Unanswered.of(result).in(Phase.PROTOCOL).timedOut(false).inDoubt().passing();
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row28_aHeaderThatIsALittleTooLargeResetsItsStreamOnly() throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.head(200, "x-large", "x".repeat(17 * 1024));
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.PROTOCOL);
            assertAllReset(server, Http2Error.PROTOCOL_ERROR);
            assertOneConnection(server);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row29_aBodyCutByTheEndOfTheConnectionIsUnknown() {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.head(200, "content-length", "20").data("{", false).closeConnection();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.EXCHANGE);
            assertThat(server.requests()).hasSize(ASKED);
            assertThat(server.connections()).isEqualTo(BROKEN_ANSWERS + 1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row29_aBodyCutByAResetIsUnknownAndTheConnectionGoesOn() {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.head(200, "content-length", "20").data("{", false).reset(Http2Error.INTERNAL_ERROR);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.EXCHANGE);
            assertOneConnection(server);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row30_aBodyThatDripsEndsWithTheAttemptAndResetsItsStreamOnly() throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                // Each byte comes well within the limit of a silence.
                wire.head(200).repeat(Duration.ofMillis(50), () -> wire.data(" ", false));
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        Duration limit = Small.small(ConnectionOptions.defaults().attemptTimeout());
        try (FrameServer server = FrameServer.plain(script)) {
            CloseCrmClient client =
                    Small.client(server.baseUrl(), Over.HTTP_2, connections -> connections.attemptTimeout(limit));
            Unanswered fault = Unanswered.of(Small.delete(client, BROKEN))
                    .in(Phase.EXCHANGE)
                    .timedOut(true)
                    .inDoubt()
                    .passing();
            assertThat(fault.result().elapsed()).isGreaterThanOrEqualTo(limit.multipliedBy(ATTEMPTS));
            assertInferredAtTheSecond(Small.delete(client, ONCE));
            assertAllReset(server, Http2Error.CANCEL);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row31_aBodyOfAGibibyteIsNotReadToItsEnd() throws Exception {
        byte[] block = new byte[LARGE];
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.head(200);
                for (int i = 0; i < 1024; i++) {
                    wire.data(block, false);
                }
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            CloseCrmClient client = client(server);
            assertUnexpected(Small.delete(client, BROKEN));
            assertThat(server.awaitReset().errorCode()).isEqualTo(Http2Error.CANCEL.code());
            // The connection's window is not used up by what was thrown away.
            assertMissing(client);
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    @Row(runs = "HTTP/2")
    void row32_whatIsPackedIsNotUnpacked() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("{}".getBytes(StandardCharsets.US_ASCII));
        }
        FrameServer.Script script =
                (request, wire) -> wire.head(200, "content-type", "application/json", "content-encoding", "gzip")
                        .data(packed.toByteArray(), true);
        try (FrameServer server = FrameServer.plain(script)) {
            // Unpacked it would be a success.
            assertUnexpected(Small.delete(client(server)));
            assertThat(server.requests())
                    .singleElement()
                    .satisfies(request -> assertThat(request.headers().contains("accept-encoding"))
                            .isFalse());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = "HTTP/1.1: a stream carries one answer")
    void row37_aSecondAnswerClosesTheConnectionAndTheFirstCounts(boolean sameSegment) throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
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
            awaitClose(wire, hungUp);
        };
        try (RawServer server = RawServer.plain(script)) {
            CloseCrmClient client =
                    Small.client(server.baseUrl(), Over.HTTP_1_1, connections -> connections.maxConnections(1));
            assertMissing(client);
            assertThat(hungUp.await(Small.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertMissing(client);
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    /** Who takes the connection in the moment in which it becomes free: what else has come is not theirs. */
    @Test
    @Row(runs = "HTTP/1.1: a stream carries one answer")
    void row37_whoWaitsForTheConnectionDoesNotGetTheSecondAnswer() throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(
                request.connection() == 1
                        ? Answers.about(request.contactId()) + Answers.OK
                        : Answers.about(request.contactId()));
        try (RawServer server = RawServer.plain(script)) {
            CloseCrmClient client =
                    Small.client(server.baseUrl(), Over.HTTP_1_1, connections -> connections.maxConnections(1));
            List<DeleteResult<ContactId>> results = Flux.range(0, 10)
                    .flatMap(i -> client.tryDeleteContact(MISSING), 10)
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results).hasSize(10).allSatisfy(result -> {
                assertThat(result.outcome()).isEqualTo(new DeleteOutcome.NotFound());
                assertThat(result.attempts()).isEqualTo(1);
            });
            assertThat(server.requests()).hasSize(10);
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
        assertAskedAgainElsewhere("HTTP/1.1 200 OK\r\n" + rest);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "20, true", "-1, false", "x, false"})
    @Row(runs = "HTTP/2")
    void row38_aLengthThatTheFramesDoNotHaveIsAProtocolErrorAndEndsTheStreamOnly(String length, boolean ended)
            throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (broken(request.contactId())) {
                wire.head(200, "content-length", length).data("{}", ended);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script)) {
            assertAskedAgain(client(server), Phase.PROTOCOL);
            if (!ended) {
                // Of a stream that has ended the server's codec does not tell any more.
                assertAllReset(server, Http2Error.PROTOCOL_ERROR);
            }
            assertOneConnection(server);
        }
    }

    /** Over HTTP/1.1: the answer proves nothing, its connection is closed, and the next attempt has another. */
    private void assertAskedAgainElsewhere(String answer) throws Exception {
        RawServer.Script script = (request, wire) -> {
            if (!broken(request.contactId())) {
                wire.write(Answers.about(request.contactId()));
                return;
            }
            try {
                wire.write(answer);
            } finally {
                awaitClose(wire, closed);
            }
        };
        try (RawServer server = RawServer.plain(script)) {
            // One, since the next call may come before the connection of the last is back in the pool.
            CloseCrmClient client =
                    Small.client(server.baseUrl(), Over.HTTP_1_1, connections -> connections.maxConnections(1));
            assertAskedAgain(client, Phase.PROTOCOL);
            assertThat(closed.await(Small.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(server.requests()).hasSize(ASKED);
            assertThat(server.connections()).isEqualTo(BROKEN_ANSWERS + 1);
        }
    }

    /** Whether the answer to this request is to be broken. */
    private boolean broken(String contactId) {
        return contactId.equals(BROKEN.value()) || (contactId.equals(ONCE.value()) && seen.add(contactId));
    }

    /** One after the other: until there are no attempts left; once, and then it may have been deleted; and the next in line. */
    private static void assertAskedAgain(CloseCrmClient client, Phase phase) {
        Unanswered.of(Small.delete(client, BROKEN))
                .in(phase)
                .timedOut(false)
                .inDoubt()
                .passing();
        assertInferredAtTheSecond(Small.delete(client, ONCE));
        assertMissing(client);
    }

    private static void assertInferredAtTheSecond(DeleteResult<ContactId> result) {
        assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.INFERRED));
        assertThat(result.attempts()).isEqualTo(2);
    }

    private static void assertMissing(CloseCrmClient client) {
        DeleteResult<ContactId> result = Small.delete(client, MISSING);
        assertThat(result.outcome()).isEqualTo(new DeleteOutcome.NotFound());
        assertThat(result.attempts()).isEqualTo(1);
    }

    private static void assertOneConnection(FrameServer server) {
        assertThat(server.requests()).hasSize(ASKED);
        assertThat(server.connections()).isEqualTo(1);
    }

    private static void assertAllReset(FrameServer server, Http2Error error) throws InterruptedException {
        for (int i = 0; i < BROKEN_ANSWERS; i++) {
            assertThat(server.awaitReset().errorCode()).isEqualTo(error.code());
        }
    }

    private static void awaitClose(RawServer.Wire wire, CountDownLatch closed) throws IOException {
        try {
            wire.socket().getInputStream().read();
        } finally {
            closed.countDown();
        }
    }

    private static void assertUnexpected(DeleteResult<ContactId> result) {
        CallException error = (CallException) Small.error(result);
        assertThat(error.code()).isEqualTo(ErrorCode.UNEXPECTED_RESPONSE);
        assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(result.attempts()).isEqualTo(1);
    }

    private static CloseCrmClient client(FrameServer server) {
        return Small.client(
                server.baseUrl(), Over.HTTP_2, connections -> connections.trustManagerFactory(FrameServer.trust()));
    }
}
