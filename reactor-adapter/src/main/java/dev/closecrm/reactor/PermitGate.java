package dev.closecrm.reactor;

import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Lets so many calls pass at once; the others wait here, in the order of their coming, and not in the connection pool.
 *
 * <p>Each call takes a {@link Place} and must {@link Place#leave} it once, however it ends. A call that waits before another
 * attempt {@link Place#rest rests}: it gives its permit back and keeps its place, and comes before the newcomers when it
 * {@link Place#resume resumes}, so that what has been begun gets done. All that wait or rest together are limited.
 *
 * <p>Whether a place was granted when its call left, or is being granted in that very moment on another thread, is settled by
 * one compare-and-set on the place. Grants are handed out by one thread at a time, in a loop and never from within a grant, so
 * that ten thousand calls that end at once do not stand on one stack.
 */
final class PermitGate {

    /** What a call is told at the gate. */
    enum Turn {
        /** Go. */
        GRANTED,
        /** Too many wait already. */
        FULL,
        /** The gate is closed for good. */
        CLOSED,
        /** The call's own time is over. */
        LATE
    }

    /** The states of a place in which it does not wait; in which it does, the state is its {@link Ticket}. */
    private enum Standing {
        GRANTED,
        RESTING,
        /** Left, or turned away. */
        GONE
    }

    private static final Mono<Turn> GO = Mono.just(Turn.GRANTED);

    private final int permits;
    private final int maxWaiting;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger resting = new AtomicInteger();
    private final Queue<Ticket> returning = new ConcurrentLinkedQueue<>();
    private final Queue<Ticket> newcomers = new ConcurrentLinkedQueue<>();
    private final Set<Sinks.Empty<Void>> sleepers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger drains = new AtomicInteger();
    private final Sinks.Empty<Void> drained = Sinks.empty();
    private volatile boolean closed;

    PermitGate(int permits, int maxWaiting) {
        this.permits = permits;
        this.maxWaiting = maxWaiting;
    }

    /**
     * Takes a place. Never waits: the place says when it is its turn.
     *
     * @param limited whether it is turned away if too many wait already; who has a limit of its own need not be
     */
    Place enter(boolean limited) {
        if (closed) {
            return new Place(Standing.GONE, Turn.CLOSED);
        }
        if (waiting.get() == 0 && (!limited || resting.get() < maxWaiting) && tryTakePermit()) {
            Place place = new Place(Standing.GRANTED, Turn.GRANTED);
            if (closed) {
                // Closed in between: whoever waits for the last call to end has not seen this one.
                place.leave();
                return new Place(Standing.GONE, Turn.CLOSED);
            }
            return place;
        }
        if (waiting.incrementAndGet() + resting.get() > maxWaiting && limited) {
            waiting.decrementAndGet();
            return new Place(Standing.GONE, Turn.FULL);
        }
        Place place = new Place();
        drain();
        return place;
    }

    /** Tells everyone who waits, rests or comes that the gate is closed. Idempotent. */
    void close() {
        closed = true;
        // Told once; later tellings fail, and are meant to.
        sleepers.forEach(sleeper -> pass(sleeper::tryEmitEmpty));
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

    int sleeping() {
        return sleepers.size();
    }

    int resting() {
        return resting.get();
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
            Ticket next = next();
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
        for (Ticket next = next(); next != null; next = next()) {
            next.tell(Turn.CLOSED);
        }
        if (inFlight.get() == 0) {
            drained.tryEmitEmpty();
        }
    }

    private @Nullable Ticket next() {
        Ticket next = returning.poll();
        return next != null ? next : newcomers.poll();
    }

    /** What a call does with the news is its own business: others wait for theirs. */
    private static void pass(Runnable news) {
        try {
            news.run();
        } catch (Throwable e) {
            Exceptions.throwIfJvmFatal(e);
            Operators.onErrorDropped(e, Context.empty());
        }
    }

    /** One wait of a place for its turn. */
    private final class Ticket {

        private final Place place;
        private final Sinks.One<Turn> told = Sinks.one();

        private Ticket(Place place) {
            this.place = place;
        }

        private boolean tell(Turn turn) {
            if (!place.state.compareAndSet(this, turn == Turn.GRANTED ? Standing.GRANTED : Standing.GONE)) {
                return false;
            }
            waiting.decrementAndGet();
            pass(() -> told.tryEmitValue(turn));
            return true;
        }
    }

    /**
     * One call's place at the gate, from its coming to its end. Its methods are for the call
     * itself, one after the other; only leaving may meet another of them, when the call is cancelled.
     */
    final class Place {

        private final AtomicReference<Object> state;
        private Mono<Turn> turn;
        private Sinks.@Nullable Empty<Void> wake;

        /** A place that is told at once. */
        private Place(Standing standing, Turn now) {
            this.state = new AtomicReference<>(standing);
            this.turn = now == Turn.GRANTED ? GO : Mono.just(now);
        }

        /** A newcomer's place that waits, and has been counted as waiting. */
        private Place() {
            Ticket ticket = new Ticket(this);
            this.state = new AtomicReference<>(ticket);
            this.turn = ticket.told.asMono();
            newcomers.offer(ticket);
        }

        /** Whether this call may go now. */
        boolean granted() {
            return state.get() == Standing.GRANTED;
        }

        /** Emits what this call is told, at once or when its turn has come. */
        Mono<Turn> turn() {
            return turn;
        }

        /** As {@link #turn()}, but not later than after some time. */
        Mono<Turn> turn(Duration limit, Scheduler timer) {
            return turn.timeout(limit, Mono.just(Turn.LATE), timer);
        }

        /**
         * Gives the permit back and keeps the place.
         *
         * @return completes when there is no more point in resting, since the gate is closed
         */
        Mono<Void> rest() {
            Sinks.Empty<Void> closing = Sinks.empty();
            // Before anybody can see that it rests: leaving takes back what it finds here.
            wake = closing;
            sleepers.add(closing);
            resting.incrementAndGet();
            if (!state.compareAndSet(Standing.GRANTED, Standing.RESTING)) {
                sleepOver();
                return Mono.empty();
            }
            inFlight.decrementAndGet();
            if (closed) {
                closing.tryEmitEmpty();
            }
            drain();
            return closing.asMono();
        }

        /** Asks for a permit again, before those who have not had one yet. */
        void resume() {
            Ticket ticket = new Ticket(this);
            turn = ticket.told.asMono();
            waiting.incrementAndGet();
            if (state.compareAndSet(Standing.RESTING, ticket)) {
                sleepOver();
                returning.offer(ticket);
                drain();
            } else {
                waiting.decrementAndGet();
            }
        }

        /** Gives the place up. Call it once, whatever has happened. */
        void leave() {
            Object before = state.getAndSet(Standing.GONE);
            if (before == Standing.GRANTED) {
                inFlight.decrementAndGet();
                drain();
            } else if (before == Standing.RESTING) {
                sleepOver();
            } else if (before instanceof Ticket ticket) {
                waiting.decrementAndGet();
                if (!newcomers.remove(ticket)) {
                    returning.remove(ticket);
                }
            }
        }

        private void sleepOver() {
            resting.decrementAndGet();
            Sinks.Empty<Void> asleep = wake;
            if (asleep != null) {
                sleepers.remove(asleep);
                wake = null;
            }
        }
    }
}
