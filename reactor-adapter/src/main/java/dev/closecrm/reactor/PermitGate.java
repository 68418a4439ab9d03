package dev.closecrm.reactor;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * Lets so many calls pass at once; the others wait here, and not in the connection pool. The calls of each tenant wait in a
 * {@link Lane} of their own, since each has a quota of its own; the permits, which are connections, are shared. A lane whose
 * turn it is sends one call and goes to the end of the line. How many wait or rest in each lane is limited.
 *
 * <p>Turns are handed out by one thread at a time, which lets another one do so before it tells the call: what a call does with the
 * news, and what its subscriber does then, may take its time. Nobody is told from within a turn, so that ten thousand calls that end
 * at once do not stand on one stack.
 */
final class PermitGate {

    private final int permits;
    private final int maxWaiting;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger resting = new AtomicInteger();
    /** Lanes in which somebody may go, as far as they know. */
    private final Queue<Lane> ready = new ConcurrentLinkedQueue<>();
    /** Lanes that are closed and not empty, as far as they know. */
    private final Queue<Lane> closing = new ConcurrentLinkedQueue<>();
    /** Lanes in which somebody waits. Others are not kept: who drops a client should be rid of it. */
    private final Set<Lane> occupied = ConcurrentHashMap.newKeySet();

    private final Set<Sleeper> sleepers = ConcurrentHashMap.newKeySet();
    /** Calls of the drain that the thread that hands out has not answered; who finds none is that thread. */
    private final AtomicInteger drains = new AtomicInteger();
    /** The thread that hands out. It alone can find itself here. */
    private @Nullable Thread handsOut;
    /** Threads that hand out and tell in turn, until there is nothing more to do. */
    private final Set<Thread> tellers = ConcurrentHashMap.newKeySet();

    private final Sinks.Empty<Void> drained = Sinks.empty();
    /** Written by the thread that hands out. */
    private boolean saidDrained;

    private volatile boolean closed;

    PermitGate(int permits, int maxWaiting) {
        this.permits = permits;
        this.maxWaiting = maxWaiting;
    }

    /**
     * Somebody who rests.
     *
     * @param closing completes when there is no more point in it
     */
    record Sleeper(Lane lane, Sinks.Empty<Void> closing) {
        void wake() {
            // Told once; later tellings fail, and are meant to.
            pass(closing::tryEmitEmpty);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Tells everyone who waits, rests or comes that the gate is closed. Idempotent. */
    void close() {
        closed = true;
        sleepers.forEach(Sleeper::wake);
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

    // What lanes ask.

    /** Whether nobody is before a call that comes now. */
    boolean nobodyIsReady() {
        return ready.isEmpty();
    }

    /** How many may wait or rest in each lane. */
    int maxWaiting() {
        return maxWaiting;
    }

    boolean tryTakePermit() {
        int now = inFlight.get();
        while (now < permits) {
            if (inFlight.compareAndSet(now, now + 1)) {
                return true;
            }
            now = inFlight.get();
        }
        return false;
    }

    int freePermits() {
        return Math.max(0, permits - inFlight.get());
    }

    void givePermitBack() {
        inFlight.decrementAndGet();
    }

    void waits() {
        waiting.incrementAndGet();
    }

    void waitsNoMore() {
        waiting.decrementAndGet();
    }

    void rests(Sleeper sleeper) {
        sleepers.add(sleeper);
        resting.incrementAndGet();
    }

    void restsNoMore(Sleeper sleeper) {
        resting.decrementAndGet();
        sleepers.remove(sleeper);
    }

    /** Wakes those of one lane that rest. */
    void wakeAll(Lane lane) {
        sleepers.stream().filter(sleeper -> sleeper.lane() == lane).forEach(Sleeper::wake);
    }

    /** Somebody has begun to wait in a lane. */
    void occupied(Lane lane) {
        occupied.add(lane);
    }

    /** Somebody may go in a lane; the caller has made sure that it stands in line once. */
    void ready(Lane lane) {
        ready.offer(lane);
    }

    /** A lane is closed, and those in it are told so, whether a permit is free or not. */
    void closing(Lane lane) {
        closing.offer(lane);
    }

    /** Hands out what there is to hand out, and tells those whose turn it is. */
    void drain() {
        if (!closed && ready.isEmpty() && closing.isEmpty()) {
            // Who joins a queue after this look drains by itself, and finds the permit that was given back before it.
            return;
        }
        Thread self = Thread.currentThread();
        if (!tellers.add(self)) {
            // From within a turn: this thread looks again after that. It has to be said only where it is handing out,
            // to a quota or a timer that has news at once.
            if (handsOut == self) {
                drains.incrementAndGet();
            }
            return;
        }
        Throwable thrown = null;
        try {
            Queue<Runnable> news = new ArrayDeque<>(1);
            for (Runnable next = next(news); next != null; next = next(news)) {
                try {
                    pass(next);
                } catch (Throwable e) {
                    // Fatal, or of a hook: the others hear their news all the same.
                    thrown = thrown == null ? e : thrown;
                }
            }
        } finally {
            tellers.remove(self);
        }
        if (thrown != null) {
            throw Exceptions.propagate(thrown);
        }
    }

    /**
     * Hands out one turn, unless somebody else is at it.
     *
     * @param news what else this thread has to tell
     * @return what it tells next: who holds a permit goes first
     */
    private @Nullable Runnable next(Queue<Runnable> news) {
        if (drains.getAndIncrement() == 0) {
            int missed = 1;
            do {
                handsOut = Thread.currentThread();
                Runnable granted = handOut(news);
                handsOut = null;
                if (granted != null) {
                    // What was missed is seen to when this thread comes back, or by whoever comes before.
                    drains.set(0);
                    return granted;
                }
                missed = drains.addAndGet(-missed);
            } while (missed != 0);
        }
        return news.poll();
    }

    private @Nullable Runnable handOut(Queue<Runnable> news) {
        turnAwayFromClosedLanes(news);
        if (closed) {
            turnAway(news);
        }
        while (!closed && tryTakePermit()) {
            Lane lane = ready.poll();
            if (lane == null) {
                givePermitBack();
                return null;
            }
            Runnable granted = sendOne(lane, news);
            if (granted == null) {
                givePermitBack();
            }
            if (lane.isEmpty()) {
                occupied.remove(lane);
                if (!lane.isEmpty()) {
                    // Somebody came in between.
                    occupied.add(lane);
                }
            }
            if (granted != null) {
                return granted;
            }
        }
        return null;
    }

    /** What goes wrong in one lane stops no other. */
    private static @Nullable Runnable sendOne(Lane lane, Queue<Runnable> news) {
        try {
            return lane.sendOne(news);
        } catch (Throwable e) {
            news.add(() -> dropped(e));
            return null;
        }
    }

    private static void turnAway(Lane lane, Queue<Runnable> news) {
        try {
            lane.turnAway(news);
        } catch (Throwable e) {
            news.add(() -> dropped(e));
        }
    }

    private void turnAwayFromClosedLanes(Queue<Runnable> news) {
        for (Lane lane = closing.poll(); lane != null; lane = closing.poll()) {
            turnAway(lane, news);
            occupied.remove(lane);
        }
    }

    private void turnAway(Queue<Runnable> news) {
        // Who joined while its lane was taken out of the occupied ones has put it in line again.
        for (Lane lane = ready.poll(); lane != null; lane = ready.poll()) {
            turnAway(lane, news);
        }
        for (Iterator<Lane> each = occupied.iterator(); each.hasNext(); ) {
            Lane lane = each.next();
            // First, so that who joins meanwhile is seen by the next round.
            each.remove();
            turnAway(lane, news);
        }
        if (inFlight.get() == 0 && !saidDrained) {
            saidDrained = true;
            news.add(drained::tryEmitEmpty);
        }
    }

    /** What a call does with the news is its own business: others wait for theirs. */
    static void pass(Runnable news) {
        try {
            news.run();
        } catch (Throwable e) {
            dropped(e);
        }
    }

    /** The hook of whoever it concerns is out of reach here: the call was to hear of it, and has thrown it. */
    private static void dropped(Throwable e) {
        Exceptions.throwIfJvmFatal(e);
        Operators.onErrorDropped(e, Context.empty());
    }
}
