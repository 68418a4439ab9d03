package dev.closecrm.reactor.bulk;

import dev.closecrm.core.error.CloseCrmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * The pause of a bulk run while the service is down. Nothing is sent then but a probe now and then: one of the items that wait.
 * When it, or anything else still in flight, is answered, all go on; when that does not happen for too long, all give up. If that
 * time is over while nobody waits, nobody gives up what was not tried: who comes next is a probe at once, and it begins anew.
 *
 * <pre>
 *   OPEN ──a retry cannot be paid for──► HOLDING ──limit passed──► GIVEN_UP
 *    ▲                                   │  ▲  │
 *    └────────────an answer──────────────┘  └──┘ a probe fails: the next one after twice the time
 * </pre>
 *
 * One lock, held for a few assignments; signals are emitted outside it. What the listener hears is put in line under it and told by
 * one thread at a time, so that events come one after the other and in the order in which they happened.
 */
public final class OutageHold {

    /** What a waiting item may do. */
    public enum Pass {
        /** Go on: the service is back. */
        GO,
        /** Try, so that all learn whether it is back. */
        PROBE,
        /** It has been down for too long. */
        GIVE_UP
    }

    private enum State {
        OPEN,
        HOLDING,
        GIVEN_UP
    }

    private static final Logger LOG = LoggerFactory.getLogger(OutageHold.class);

    /** So many failed attempts one after the other, of any items, are no coincidence. */
    private static final int FAILURES_THAT_LOOK_DOWN = 20;

    private static final Duration FIRST_PROBE = Duration.ofSeconds(1);
    private static final Duration LONGEST_BETWEEN_PROBES = Duration.ofSeconds(30);

    private final Duration limit;
    private final Scheduler timer;
    private final Consumer<? super OutageEvent> listener;

    private final Object lock = new Object();
    private final Deque<MonoSink<Pass>> waiting = new ArrayDeque<>();
    private volatile State state = State.OPEN;
    private volatile int failuresInARow;
    /** The last failure. */
    private @Nullable CloseCrmException cause;

    private Duration betweenProbes = FIRST_PROBE;
    private long probeAt;
    private boolean probeDue;
    private boolean probeOut;
    private @Nullable Disposable nextProbe;
    private @Nullable Disposable end;
    /** Which probe and which end count: one that is put off may have begun to run. */
    private int probes;

    private int ends;

    /** What the listener has not heard yet, in the order of the lock. */
    private final Queue<OutageEvent> events = new ConcurrentLinkedQueue<>();

    private final AtomicInteger tellings = new AtomicInteger();

    /**
     * A hold that has not begun.
     *
     * @param limit how long it lasts before all give up
     * @param timer carries out its waits
     * @param listener is told what happens; what it throws is logged and changes nothing
     */
    public OutageHold(Duration limit, Scheduler timer, Consumer<? super OutageEvent> listener) {
        this.limit = limit;
        this.timer = timer;
        this.listener = listener;
    }

    /**
     * Whether nothing may be sent for now.
     *
     * @return false as long as the service is not known to be down
     */
    public boolean holding() {
        return state != State.OPEN;
    }

    /**
     * Whether it has lasted for as long as it may.
     *
     * @return true from then on, and once the run is over
     */
    public boolean gaveUp() {
        return state == State.GIVEN_UP;
    }

    /** The last failure that looked as if the service were down, or null if there was none. */
    @Nullable CloseCrmException cause() {
        synchronized (lock) {
            return cause;
        }
    }

    /** When the next probe leaves, from now; zero if none is planned. */
    Duration nextProbeIn() {
        synchronized (lock) {
            return state == State.HOLDING && !probeOut
                    ? Duration.ofNanos(Math.max(0, probeAt - timer.now(TimeUnit.NANOSECONDS)))
                    : Duration.ZERO;
        }
    }

    /**
     * Whether the service seems to be down, by the attempts of the whole run.
     *
     * @return true after many failures without an answer in between
     */
    public boolean looksDown() {
        return failuresInARow >= FAILURES_THAT_LOOK_DOWN;
    }

    /** The service has answered somebody. */
    public void answered() {
        if (failuresInARow != 0) {
            synchronized (lock) {
                failuresInARow = 0;
            }
        }
        if (state == State.HOLDING) {
            List<MonoSink<Pass>> told;
            synchronized (lock) {
                told = end(State.OPEN, OutageEvent.Kind.ENDED);
            }
            tell(told, Pass.GO);
        }
    }

    /**
     * An attempt has failed as it does when the service is down.
     *
     * @param probe whether it was a probe
     * @param error how, or null if it ended before it could say
     */
    public void failed(boolean probe, @Nullable CloseCrmException error) {
        synchronized (lock) {
            failuresInARow++;
            cause = error == null ? cause : error;
            // A probe that an earlier hold sent out says nothing about this one.
            if (!probe || !probeOut || state != State.HOLDING) {
                return;
            }
            probeOut = false;
            Duration doubled = betweenProbes.multipliedBy(2);
            betweenProbes = doubled.compareTo(LONGEST_BETWEEN_PROBES) < 0 ? doubled : LONGEST_BETWEEN_PROBES;
            scheduleProbe();
            events.add(new OutageEvent(OutageEvent.Kind.STILL_DOWN, betweenProbes, cause));
        }
        tellListener();
    }

    /** The service is down, as far as an item can tell. Begins the hold, if it has not begun. */
    public void begin() {
        synchronized (lock) {
            if (state != State.OPEN) {
                return;
            }
            state = State.HOLDING;
            betweenProbes = FIRST_PROBE;
            probeDue = false;
            probeOut = false;
            scheduleProbe();
            scheduleEnd();
            events.add(new OutageEvent(OutageEvent.Kind.BEGAN, FIRST_PROBE, cause));
        }
        tellListener();
    }

    /**
     * Waits for as long as the hold lasts, or to be chosen for a probe.
     *
     * @return emits one value, at once if nothing holds
     */
    public Mono<Pass> pass() {
        return Mono.create(told -> {
            Pass now = passOrWait(told);
            if (now == null) {
                told.onCancel(() -> leave(told));
            } else {
                told.success(now);
            }
        });
    }

    /** What a newcomer may do, or null if it has joined those who wait. */
    private @Nullable Pass passOrWait(MonoSink<Pass> newcomer) {
        synchronized (lock) {
            if (state == State.OPEN) {
                return Pass.GO;
            }
            if (state == State.GIVEN_UP) {
                return Pass.GIVE_UP;
            }
            if (probeDue) {
                // Nobody was there when it became due.
                probeDue = false;
                probeOut = true;
                scheduleEnd();
                return Pass.PROBE;
            }
            waiting.add(newcomer);
            return null;
        }
    }

    /** The run is over: no timer is left, and none begins. */
    public void dispose() {
        synchronized (lock) {
            state = State.GIVEN_UP;
            stopTimers();
        }
    }

    private void scheduleProbe() {
        probeAt = timer.now(TimeUnit.NANOSECONDS) + betweenProbes.toNanos();
        int mine = ++probes;
        nextProbe = timer.schedule(() -> probe(mine), betweenProbes.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void scheduleEnd() {
        if (end != null) {
            end.dispose();
        }
        int mine = ++ends;
        end = timer.schedule(() -> giveUp(mine), limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void probe(int which) {
        MonoSink<Pass> chosen;
        synchronized (lock) {
            if (which != probes || state != State.HOLDING) {
                return;
            }
            chosen = waiting.poll();
            probeDue = chosen == null;
            probeOut = chosen != null;
        }
        if (chosen != null) {
            chosen.success(Pass.PROBE);
        }
    }

    private void giveUp(int which) {
        List<MonoSink<Pass>> told;
        synchronized (lock) {
            if (which != ends || state != State.HOLDING) {
                return;
            }
            if (waiting.isEmpty() && !probeOut) {
                // Those who waited have ended otherwise. Who comes next does not give up what it has not tried.
                stopTimers();
                probeAt = timer.now(TimeUnit.NANOSECONDS);
                probeDue = true;
                return;
            }
            told = end(State.GIVEN_UP, OutageEvent.Kind.GIVEN_UP);
        }
        tell(told, Pass.GIVE_UP);
    }

    /** Ends the hold, unless somebody else has, under the lock; returns who has to be told. */
    private List<MonoSink<Pass>> end(State next, OutageEvent.Kind kind) {
        if (state != State.HOLDING) {
            return List.of();
        }
        state = next;
        stopTimers();
        List<MonoSink<Pass>> told = new ArrayList<>(waiting);
        waiting.clear();
        events.add(new OutageEvent(kind, Duration.ZERO, next == State.OPEN ? null : cause));
        return told;
    }

    private void tell(List<MonoSink<Pass>> told, Pass forAll) {
        // The listener first: with the news to the items the run may be over.
        tellListener();
        told.forEach(one -> one.success(forAll));
    }

    /** A thread that finds another one telling leaves it the rest; the other's item has not ended, and so the run has not. */
    private void tellListener() {
        if (tellings.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            for (OutageEvent event = events.poll(); event != null; event = events.poll()) {
                tell(event);
            }
            missed = tellings.addAndGet(-missed);
        } while (missed != 0);
    }

    private void tell(OutageEvent event) {
        try {
            listener.accept(event);
        } catch (Throwable e) {
            Exceptions.throwIfJvmFatal(e);
            LOG.warn("a listener to outages threw; the run goes on", e);
        }
    }

    private void leave(MonoSink<Pass> told) {
        synchronized (lock) {
            waiting.remove(told);
        }
    }

    private void stopTimers() {
        if (nextProbe != null) {
            nextProbe.dispose();
        }
        if (end != null) {
            end.dispose();
        }
    }
}
