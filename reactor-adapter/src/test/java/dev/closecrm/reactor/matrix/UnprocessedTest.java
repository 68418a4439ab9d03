package dev.closecrm.reactor.matrix;

import static dev.closecrm.reactor.matrix.Attempts.assertFault;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.internal.ThreadExecutorMap;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Rows 5, 39 and 40: whether a request that got no answer was looked at, as far as anybody can know. */
class UnprocessedTest {

    private static final String HTTP_2_ONLY = "HTTP/2, over TLS or plain: HTTP/1.1 has no such words";
    private static final UnaryOperator<ConnectionOptions.Builder> OVER_HTTP_2 =
            options -> options.protocol(Protocol.HTTP_2);

    @Test
    @Row(runs = "HTTP/1.1: over HTTP/2 the streams of a dead connection end as in row 39")
    void row5_aConnectionResetBeforeTheRequestIsWrittenLeavesItUnprocessed() throws Exception {
        ResetWhenLeased script = new ResetWhenLeased();
        try (RawServer server = RawServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            script.loopOf(attempts.delete("cont_1"));

            AttemptResult second = script.overTheDeadConnection(() -> attempts.delete("cont_0"));

            assertFault(second, Phase.EXCHANGE, false, Delivery.NOT_SENT, Prospect.UNPROCESSED);
            assertThat(server.requests()).hasSize(1);
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    @Row(runs = "HTTP/1.1: over HTTP/2 the streams of a dead connection end as in row 39")
    void row5_theCallGoesOnAtOnceAndIsNotCharged() throws Exception {
        ResetWhenLeased script = new ResetWhenLeased();
        try (RawServer server = RawServer.plain(script);
                CloseCrmClient client = client(server.baseUrl(), options -> options, 1)) {
            script.loopOf(client.tryDeleteContact(ContactId.of("cont_1")));

            DeleteResult<ContactId> second =
                    script.overTheDeadConnection(() -> client.tryDeleteContact(ContactId.of("cont_0")));

            assertThat(second.outcome()).isEqualTo(new DeleteOutcome.NotFound());
            assertThat(server.requests()).hasSize(2);
        }
    }

    /** A server that resets its first connection when it is leased again and before anything is written. */
    private static final class ResetWhenLeased implements RawServer.Script {

        private final CountDownLatch leased = new CountDownLatch(1);
        private final CountDownLatch reset = new CountDownLatch(1);
        private final AtomicLong spins = new AtomicLong();
        private final AtomicReference<Executor> loop = new AtomicReference<>();

        @Override
        public void answer(RawServer.Request request, RawServer.Wire wire) throws Exception {
            wire.write(Answers.about(request.contactId()));
            if (request.connection() == 1) {
                leased.await();
                wire.reset();
                reset.countDown();
            }
        }

        void loopOf(Mono<?> first) {
            first.doOnNext(result -> loop.set(ThreadExecutorMap.currentExecutor()))
                    .block(Attempts.LIMIT);
        }

        /** On the event loop of the pooled connection, which therefore cannot learn of the reset before it is used. */
        <T> T overTheDeadConnection(Supplier<Mono<T>> call) {
            return Mono.defer(() -> {
                        leased.countDown();
                        long end = System.nanoTime() + Attempts.LIMIT.toNanos();
                        while (reset.getCount() > 0 && System.nanoTime() < end) {
                            // Busy, since waiting is forbidden here, and rightly so.
                            spins.incrementAndGet();
                        }
                        return call.get();
                    })
                    .subscribeOn(Schedulers.fromExecutor(loop.get()))
                    .block(Attempts.LIMIT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aRefusedStreamWasNotProcessedAndTheConnectionGoesOn(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.reset(Http2Error.REFUSED_STREAM);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = server(tls, script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.NOT_SENT, Prospect.UNPROCESSED);
            assertThat(attempts.await("cont_1")).isInstanceOf(AttemptResult.Deleted.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_aStreamAboveTheLastOfAGoAwayWasNotProcessedAndThoseBelowAreAnswered(boolean tls) throws Exception {
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
        try (FrameServer server = server(tls, script);
                Attempts attempts = Attempts.at(server)) {
            Mono<AttemptResult> below = attempts.delete("cont_1").cache();
            below.subscribe();
            server.awaitRequests(1);

            assertFault(attempts.await("cont_0"), Phase.EXCHANGE, false, Delivery.NOT_SENT, Prospect.UNPROCESSED);
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(2);

            first.get().answer(200, "{}");
            assertThat(below.block(Attempts.LIMIT)).isInstanceOf(AttemptResult.Deleted.class);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"NO_ERROR", "INTERNAL_ERROR", "CANCEL", "ENHANCE_YOUR_CALM"})
    @Row(runs = HTTP_2_ONLY)
    void row39_anyOtherResetSaysNothing(Http2Error code) {
        FrameServer.Script script = (request, wire) -> wire.reset(code);
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {103, 200})
    @Row(runs = HTTP_2_ONLY)
    void row39_aRefusalIsNotBelievedOnceSomethingWasAnswered(int status) {
        FrameServer.Script script = (request, wire) -> wire.head(status).reset(Http2Error.REFUSED_STREAM);
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row40_aGoAwayThatCoversTheStreamAndThenACloseLeavesItUnknown(boolean tls) throws Exception {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.goAway(request.stream()).closeConnection();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = server(tls, script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
            assertThat(attempts.await("cont_1")).isInstanceOf(AttemptResult.Deleted.class);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Row(runs = HTTP_2_ONLY)
    void row39_theCallGoesOnAtOnceAndIsNotCharged(boolean goAway) {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() > 0) {
                wire.answerAbout(request.contactId());
            } else if (goAway) {
                wire.goAway(0);
            } else {
                wire.reset(Http2Error.REFUSED_STREAM);
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(server.baseUrl(), OVER_HTTP_2, 1)) {
            DeleteResult<ContactId> result =
                    client.tryDeleteContact(ContactId.of("cont_0")).block(Attempts.LIMIT);
            // Not "deleted, inferred": the first request did nothing.
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.NotFound());
            assertThat(server.requests()).hasSize(2);
            assertThat(server.connections()).isEqualTo(goAway ? 2 : 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"cont_1, CONFIRMED", "cont_0, INFERRED"})
    @Row(runs = HTTP_2_ONLY)
    void row40_theCallIsRepeatedOnANewConnection(String id, Confirmation confirmation) {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.goAway(request.stream()).closeConnection();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(server.baseUrl(), OVER_HTTP_2, 2)) {
            DeleteResult<ContactId> result =
                    client.tryDeleteContact(ContactId.of(id)).block(Attempts.LIMIT);
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(confirmation));
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    private static CloseCrmClient client(
            URI baseUrl, UnaryOperator<ConnectionOptions.Builder> change, int maxAttempts) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(baseUrl)
                .retry(RetryOptions.builder().maxAttempts(maxAttempts).build())
                .connections(change.apply(ConnectionOptions.builder()).build())
                .build();
    }

    private static FrameServer server(boolean tls, FrameServer.Script script) throws Exception {
        return tls ? FrameServer.tls(script) : FrameServer.plain(script);
    }
}
