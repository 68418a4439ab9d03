package dev.closecrm.reactor.matrix;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.Assertions;

/** Waits for what happens on another thread and tells nobody. */
final class Eventually {

    private static final long STEP_NANOS = 1_000_000;

    private Eventually() {}

    static void is(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                Assertions.fail("not within " + limit + ": " + what);
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}
