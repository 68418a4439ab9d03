package dev.closecrm.reactor.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.local.LocalChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class OneExchangeTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final AttemptResult DELETED = new AttemptResult.Deleted(200);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final TestPublisher<AttemptResult> transport = TestPublisher.create();
    private final Outgoing outgoing = new Outgoing("Basic x", new AtomicReference<>(Phase.CONNECT));

    @Test
    void theAnswerIsTheResultAndStopsTheTimer() {
        StepVerifier.create(exchange(transport.mono()))
                .expectSubscription()
                .then(() -> transport.emit(DELETED))
                .expectNext(DELETED)
                .expectComplete()
                .verify(LIMIT);
        assertThat(timer.getScheduledTaskCount()).isEqualTo(1);
        timer.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(outgoing.trace().begun()).isFalse();
    }

    @Test
    void aFailureIsAResultToo() {
        StepVerifier.create(exchange(Mono.error(new IllegalStateException("broken"))))
                .assertNext(result ->
                        assertThat(((AttemptResult.Faulted) result).detail()).isEqualTo("broken"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anExchangeThatEndsWithoutAnAnswerIsNotASuccess() {
        StepVerifier.create(exchange(Mono.empty()))
                .expectNextMatches(AttemptResult.Faulted.class::isInstance)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void theLimitEndsItGivesItUpAndForbidsTheRequest() {
        StepVerifier.create(exchange(transport.mono()))
                .expectSubscription()
                .then(() -> timer.advanceTimeBy(Duration.ofSeconds(15)))
                .assertNext(result -> {
                    AttemptResult.Faulted fault = (AttemptResult.Faulted) result;
                    assertThat(fault.timedOut()).isTrue();
                    assertThat(fault.phase()).isEqualTo(Phase.CONNECT);
                    assertThat(fault.delivery()).isEqualTo(Delivery.NOT_SENT);
                })
                .expectComplete()
                .verify(LIMIT);
        transport.assertCancelled();
        assertThat(outgoing.trace().requestMayBegin()).isFalse();
    }

    @Test
    void givingUpHappensOnTheEventLoopOfTheConnection() {
        DefaultEventLoop loop = new DefaultEventLoop();
        try {
            LocalChannel channel = new LocalChannel();
            loop.register(channel).syncUninterruptibly();
            channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
            channel.pipeline().addLast(NettyPipeline.ReactiveBridge, new ChannelInboundHandlerAdapter());
            AtomicReference<Thread> cancelledOn = new AtomicReference<>();
            Sinks.Empty<Void> cancelled = Sinks.empty();
            Disposable call = exchange(Mono.<AttemptResult>never().doOnCancel(() -> {
                        cancelledOn.set(Thread.currentThread());
                        cancelled.tryEmitEmpty();
                    }))
                    .subscribe();
            outgoing.over(Connection.from(channel));

            call.dispose();

            cancelled.asMono().block(LIMIT);
            assertThat(loop.inEventLoop(cancelledOn.get())).isTrue();
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void withoutAConnectionItIsGivenUpAtOnce() {
        exchange(transport.mono()).subscribe().dispose();
        transport.assertCancelled();
    }

    private Mono<AttemptResult> exchange(Mono<AttemptResult> transport) {
        return Mono.create(caller -> {
            OneExchange exchange = new OneExchange(caller, outgoing, UnaryOperator.identity(), Duration.ofSeconds(15));
            exchange.startTimer(timer);
            transport.subscribe(exchange);
        });
    }
}
