package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** For what the server comes to know after its client does. Gives up after ten seconds. */
final class Await {

    private Await() {}

    static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    /** Nothing is left of requests and connections once the clients have hung up. */
    static void untilNothingIsLeft(Ledger ledger) {
        until(() -> ledger.connections() == 0 && ledger.inFlight() == 0);
    }
}
