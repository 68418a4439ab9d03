package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

/** BlockHound watches every test of this module; this one proves that it is awake. */
class BlockHoundTest {

    @Test
    void blockingOnATimerThreadIsCaught() {
        StepVerifier.create(Mono.fromRunnable(BlockHoundTest::block).subscribeOn(Schedulers.parallel()))
                .expectErrorSatisfies(e -> assertThat(e).isInstanceOf(BlockingOperationError.class))
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void blockingOnAnEventLoopIsCaught() {
        LoopResources loops = LoopResources.create("blockhound", 1, true);
        try {
            StepVerifier.create(Mono.fromRunnable(BlockHoundTest::block)
                            .subscribeOn(Schedulers.fromExecutor(loops.onClient(true))))
                    .expectErrorSatisfies(e -> assertThat(e).isInstanceOf(BlockingOperationError.class))
                    .verify(Duration.ofSeconds(10));
        } finally {
            loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(Duration.ofSeconds(10));
        }
    }

    private static void block() {
        LockSupport.parkNanos(1_000_000);
    }
}
