package dev.closecrm.reactor;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Lets so many calls pass at once; the others wait here, in the order of their coming, and not in the connection pool.
 *
 * <p>Each call takes a {@link Place} and must {@link Place#leave} it once, however it ends; whether it was granted by then, or
 * is being granted in that very moment on another thread, is settled by one compare-and-set on the place. Grants are handed
 * out by one thread at a time, in a loop and never from within a grant, so that ten thousand calls that end at once do not
 * stand on one stack.
 */
final class PermitGate {

    /** What a call is told at the gate. */
    enum Turn {
        /** Go. */
        GRANTED,
        /** Too many wait already. */
        FULL,
        /** The gate is closed for good. */
        CLOSED
    }

    private final int permits;
    private final int maxWaiting;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<Place> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger drains = new AtomicInteger();
    private final Sinks.Empty<Void> drained = Sinks.empty();
    private volatile boolean closed;

    PermitGate(int permits, int maxWaiting) {
        this.permits = permits;
        this.maxWaiting = maxWaiting;
    }

    /** Takes a place. Never waits: the place says when it is its turn. */
    Place enter() {
        if (closed) {
            return new Place(Turn.CLOSED);
        }
        if (waiting.get() == 0 && tryTakePermit()) {
            Place place = new Place(Turn.GRANTED);
            if (closed) {
                // Closed in between: whoever waits for the last call to end has not seen this one.
                place.leave();
                return new Place(Turn.CLOSED);
            }
            return place;
        }
        if (waiting.incrementAndGet() > maxWaiting) {
            waiting.decrementAndGet();
            return new Place(Turn.FULL);
        }
        Place place = new Place();
        queue.offer(place);
        drain();
        return place;
    }

    /** Tells everyone who waits, and everyone who comes, that the gate is closed. Idempotent. */
    void close() {
        closed = true;
        drain();
    }

    boolean closed() {
        return closed;
    }

    /** Completes when the gate is closed and the last call that had passed it has ended. */
    Mono<Void> drained() {
        return drained.asMono();
    }

    int inFlight() {
        return inFlight.get();
    }

    int waiting() {
        return waiting.get();
    }

    private boolean tryTakePermit() {
        int now = inFlight.get();
        while (now < permits) {
            if (inFlight.compareAndSet(now, now + 1)) {
                return true;
            }
            now = inFlight.get();
        }
        return false;
    }

    private void drain() {
        if (drains.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            if (closed) {
                turnAway();
            } else {
                handOut();
            }
            missed = drains.addAndGet(-missed);
        } while (missed != 0);
    }

    private void handOut() {
        while (!closed && tryTakePermit()) {
            Place next = queue.poll();
            if (next == null) {
                inFlight.decrementAndGet();
                return;
            }
            if (!next.tell(Turn.GRANTED)) {
                inFlight.decrementAndGet();
            }
        }
    }

    private void turnAway() {
        for (Place next = queue.poll(); next != null; next = queue.poll()) {
            next.tell(Turn.CLOSED);
        }
        if (inFlight.get() == 0) {
            // Told once; later tellings fail, and are meant to.
            drained.tryEmitEmpty();
        }
    }

    /** One call's place at the gate. */
    final class Place {

        /** Null while waiting; left is told apart by its own mark. */
        private final AtomicReference<@Nullable Object> told;

        private final Sinks.@Nullable One<Turn> later;
        private final Mono<Turn> turn;

        /** A place that is told at once. */
        private Place(Turn now) {
            this.told = new AtomicReference<>(now);
            this.later = null;
            this.turn = Mono.just(now);
        }

        /** A place that waits. */
        private Place() {
            this.told = new AtomicReference<>();
            this.later = Sinks.one();
            this.turn = later.asMono();
        }

        /** Emits what this call is told, at once or when its turn has come. */
        Mono<Turn> turn() {
            return turn;
        }

        /** Gives the place up. Call it once, whatever has happened. */
        void leave() {
            Object before = told.getAndSet(this);
            if (before == Turn.GRANTED) {
                inFlight.decrementAndGet();
                drain();
            } else if (before == null) {
                waiting.decrementAndGet();
                queue.remove(this);
            }
        }

        private boolean tell(Turn turn) {
            if (later == null || !told.compareAndSet(null, turn)) {
                return false;
            }
            waiting.decrementAndGet();
            later.tryEmitValue(turn);
            return true;
        }
    }
}
