package dev.closecrm.sandbox;

import java.time.Instant;
import java.util.function.LongSupplier;

/** The server's time in nanoseconds since 1970: it starts at the wall clock and then only ever goes forward. */
final class ServerClock {

    private ServerClock() {}

    static LongSupplier startingNow() {
        Instant wall = Instant.now();
        long offsetNanos = wall.getEpochSecond() * 1_000_000_000L + wall.getNano() - System.nanoTime();
        return () -> System.nanoTime() + offsetNanos;
    }

    static Instant instant(long epochNanos) {
        return Instant.ofEpochSecond(0, epochNanos);
    }
}
