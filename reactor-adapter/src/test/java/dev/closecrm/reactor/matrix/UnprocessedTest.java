package dev.closecrm.reactor.matrix;

import static dev.closecrm.reactor.matrix.Attempts.assertFault;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.internal.ThreadExecutorMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Rows 5, 39 and 40: whether a request that got no answer was looked at, as far as anybody can know. */
class UnprocessedTest {

    @Test
    void row05_aConnectionResetBeforeTheRequestIsWrittenLeavesItUnprocessed() throws Exception {
        CountDownLatch leased = new CountDownLatch(1);
        CountDownLatch reset = new CountDownLatch(1);
        RawServer.Script script = (request, wire) -> {
            wire.write(Answers.about(request.contactId()));
            if (request.connection() == 1) {
                leased.await();
                wire.reset();
                reset.countDown();
            }
        };
        try (RawServer server = RawServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            AtomicLong spins = new AtomicLong();
            AtomicReference<Executor> loop = new AtomicReference<>();
            attempts.delete("cont_1")
                    .doOnNext(first -> loop.set(ThreadExecutorMap.currentExecutor()))
                    .block(Attempts.LIMIT);

            // On the event loop of the pooled connection, which therefore cannot learn of the reset before it is used.
            AttemptResult second = Mono.defer(() -> {
                        leased.countDown();
                        long end = System.nanoTime() + Attempts.LIMIT.toNanos();
                        while (reset.getCount() > 0 && System.nanoTime() < end) {
                            // Busy, since waiting is forbidden here, and rightly so.
                            spins.incrementAndGet();
                        }
                        return attempts.delete("cont_0");
                    })
                    .subscribeOn(Schedulers.fromExecutor(loop.get()))
                    .block(Attempts.LIMIT);

            assertFault(second, Phase.EXCHANGE, false, Delivery.NOT_SENT, Prospect.UNPROCESSED);
            assertThat(server.requests()).hasSize(1);
            assertThat(attempts.await("cont_0")).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
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
            // Nothing is left to do on it, though the server has not hung up.
            server.awaitClosedConnections(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"NO_ERROR", "INTERNAL_ERROR", "CANCEL", "ENHANCE_YOUR_CALM"})
    void row39_anyOtherResetSaysNothing(Http2Error code) {
        FrameServer.Script script = (request, wire) -> wire.reset(code);
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {103, 200})
    void row39_aRefusalIsNotBelievedOnceSomethingWasAnswered(int status) {
        FrameServer.Script script = (request, wire) -> wire.head(status).reset(Http2Error.REFUSED_STREAM);
        try (FrameServer server = FrameServer.plain(script);
                Attempts attempts = Attempts.at(server)) {
            assertFault(attempts.await("cont_1"), Phase.EXCHANGE, false, Delivery.UNKNOWN, Prospect.TRANSIENT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
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

    private static FrameServer server(boolean tls, FrameServer.Script script) throws Exception {
        return tls ? FrameServer.tls(script) : FrameServer.plain(script);
    }
}
