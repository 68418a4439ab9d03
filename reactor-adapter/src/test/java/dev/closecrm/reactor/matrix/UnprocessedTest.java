package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.internal.ThreadExecutorMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Rows 5, 39 and 40: whether a request that got no answer was looked at, as far as anybody can know. */
@ExtendWith(Watch.class)
class UnprocessedTest {

    private static final String HTTP_2_ONLY = "HTTP/2, over TLS or plain: HTTP/1.1 has no such words";

    private static final ContactId EXISTING = ContactId.of("cont_1");
    private static final ContactId MISSING = ContactId.of("cont_0");

    /** Of those that are charged there is one only: what is asked again for nothing is seen to be free. */
    @ParameterizedTest
    @EnumSource
    void row05_aConnectionResetBeforeTheRequestIsWrittenIsReplacedAtOnceAndForFree(Over over) throws Exception {
        ResetWhenLeased script = new ResetWhenLeased();
        try (Service server = Service.plain(over, script::bytes, script::frames)) {
            CloseCrmClient client = Small.clientOfOneAttempt(server.baseUrl(), over, connections -> connections);
            script.loopOf(client.tryDeleteContact(EXISTING));

            DeleteResult<ContactId> second = script.overTheDeadConnection(client.tryDeleteContact(MISSING));

            assertThat(second.outcome()).isEqualTo(new DeleteOutcome.NotFound());
            // Over HTTP/2 a stream is opened a moment after its connection was chosen. If the reset is noticed in
            // between, the
            // pool itself chooses another.
            assertThat(second.attempts()).isBetween(over == Over.HTTP_2 ? 1 : 2, 2);
            // The dead connection took none, so there were two: one over each connection.
            assertThat(script.requests).hasValue(2);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    /** A server that resets its first connection when it is leased again and before anything is written. */
    private static final class ResetWhenLeased {

        private final AtomicLong requests = new AtomicLong();
        private final CountDownLatch leased = new CountDownLatch(1);
        private final CountDownLatch reset = new CountDownLatch(1);
        private final AtomicLong spins = new AtomicLong();
        private final AtomicReference<Executor> loop = new AtomicReference<>();

        void bytes(RawServer.Request request, RawServer.Wire wire) throws Exception {
            requests.incrementAndGet();
            wire.write(Answers.about(request.contactId()));
            if (request.connection() == 1) {
                leased.await();
                wire.reset();
                reset.countDown();
            }
        }

        void frames(FrameServer.Request request, FrameServer.Wire wire) {
            requests.incrementAndGet();
            wire.answerAbout(request.contactId());
            if (request.connection() == 1) {
                Schedulers.boundedElastic().schedule(() -> {
                    try {
                        leased.await();
                        wire.resetConnection().await(Small.LIMIT.toMillis());
                        reset.countDown();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        }

        void loopOf(Mono<?> first) {
            first.doOnNext(result -> loop.set(ThreadExecutorMap.currentExecutor()))
                    .block(Small.LIMIT);
        }

        /** On the event loop of the pooled connection, which therefore cannot learn of the reset before it is used. */
        <T> T overTheDeadConnection(Mono<T> call) {
            return Mono.defer(() -> {
                        leased.countDown();
                        long end = System.nanoTime() + Small.LIMIT.toNanos();
                        while (reset.getCount() > 0 && System.nanoTime() < end) {
                            // Busy, since waiting is forbidden here, and rightly so.
                            spins.incrementAndGet();
                        }
                        return call;
                    })
                    .subscribeOn(Schedulers.fromExecutor(loop.get()))
                    .block(Small.LIMIT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aRefusedStreamIsAskedForAgainAtOnceAndTheConnectionGoesOn(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.reset(Http2Error.REFUSED_STREAM);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = server(tls, script)) {
            assertFreeRetry(Small.delete(clientOfOneAttempt(server), MISSING));
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aStreamThatIsAlwaysRefusedIsFreeOnceAndNeverSent(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> wire.reset(Http2Error.REFUSED_STREAM);
        try (FrameServer server = server(tls, script)) {
            Unanswered.of(Small.delete(client(server)))
                    .in(Phase.EXCHANGE)
                    .timedOut(false)
                    .unsent()
                    .passing(1 + Unanswered.ALL_ATTEMPTS);
            assertThat(server.requests()).hasSize(1 + Unanswered.ALL_ATTEMPTS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aStreamAboveTheLastOfAGoAwayGoesElsewhereAndThoseBelowAreAnswered(boolean tls) throws Exception {
        AtomicReference<FrameServer.Wire> first = new AtomicReference<>();
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() > 1) {
                wire.answerAbout(request.contactId());
            } else if (request.number() == 0) {
                first.set(wire);
            } else {
                wire.goAway(request.stream() - 2);
            }
        };
        try (FrameServer server = server(tls, script)) {
            CloseCrmClient client = clientOfOneAttempt(server);
            Mono<DeleteResult<ContactId>> below =
                    client.tryDeleteContact(EXISTING).cache();
            below.subscribe();
            server.awaitRequests(1);

            assertFreeRetry(Small.delete(client, MISSING));
            assertThat(server.connections()).isEqualTo(2);

            first.get().answer(200, "{}");
            DeleteResult<ContactId> answered = below.block(Small.LIMIT);
            assertThat(answered.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
            assertThat(answered.attempts()).isEqualTo(1);
            assertThat(server.requests()).hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"NO_ERROR", "INTERNAL_ERROR", "CANCEL", "ENHANCE_YOUR_CALM"})
    @Row(runs = HTTP_2_ONLY)
    void row39_anyOtherResetSaysNothing(Http2Error code) {
        FrameServer.Script script = (request, wire) -> wire.reset(code);
        try (FrameServer server = FrameServer.plain(script)) {
            assertInDoubt(server);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {103, 200})
    @Row(runs = HTTP_2_ONLY)
    void row39_aRefusalIsNotBelievedOnceSomethingWasAnswered(int status) {
        FrameServer.Script script = (request, wire) -> wire.head(status).reset(Http2Error.REFUSED_STREAM);
        try (FrameServer server = FrameServer.plain(script)) {
            assertInDoubt(server);
        }
    }

    @ParameterizedTest
    @CsvSource({"cont_1, CONFIRMED, false", "cont_0, INFERRED, false", "cont_1, CONFIRMED, true"})
    @Row(runs = HTTP_2_ONLY)
    void row40_aGoAwayThatCoversTheStreamAndThenACloseIsFollowedByAnotherConnection(
            String id, Confirmation confirmation, boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.goAway(request.stream()).closeConnection();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = server(tls, script)) {
            DeleteResult<ContactId> result = Small.delete(client(server), ContactId.of(id));
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(confirmation));
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row40_aGoAwayThatCoversTheStreamEachTimeLeavesTheContactInDoubt(boolean tls) throws Exception {
        FrameServer.Script script =
                (request, wire) -> wire.goAway(request.stream()).closeConnection();
        try (FrameServer server = server(tls, script)) {
            assertInDoubt(server);
            assertThat(server.connections()).isEqualTo(Unanswered.ALL_ATTEMPTS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aGoAwayThatLeavesOutTheStreamIsFreeAndTheNextConnectionServes(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.goAway(0);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = server(tls, script)) {
            assertFreeRetry(Small.delete(clientOfOneAttempt(server), MISSING));
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    /** Not "deleted, inferred": the first request did nothing. */
    private static void assertFreeRetry(DeleteResult<ContactId> result) {
        assertThat(result.outcome()).isEqualTo(new DeleteOutcome.NotFound());
        assertThat(result.attempts()).isEqualTo(2);
    }

    private static void assertInDoubt(FrameServer server) {
        Unanswered.of(Small.delete(client(server)))
                .in(Phase.EXCHANGE)
                .timedOut(false)
                .inDoubt()
                .passing();
        assertThat(server.requests()).hasSize(Unanswered.ALL_ATTEMPTS);
    }

    private static CloseCrmClient client(FrameServer server) {
        return Small.client(
                server.baseUrl(), Over.HTTP_2, connections -> connections.trustManagerFactory(FrameServer.trust()));
    }

    private static CloseCrmClient clientOfOneAttempt(FrameServer server) {
        return Small.clientOfOneAttempt(
                server.baseUrl(), Over.HTTP_2, connections -> connections.trustManagerFactory(FrameServer.trust()));
    }

    private static FrameServer server(boolean tls, FrameServer.Script script) throws Exception {
        return tls ? FrameServer.tls(script) : FrameServer.plain(script);
    }
}
