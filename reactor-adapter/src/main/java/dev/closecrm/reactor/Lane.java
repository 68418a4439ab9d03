package dev.closecrm.reactor;

import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.core.engine.quota.Sending;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.reactor.Lines.Line;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Where the calls of one tenant wait for their turn: for a permit of the {@link PermitGate}, and for quota. Who waits for a single
 * call goes before the items of bulk runs, and who has made an attempt before who has not, so that what has been begun gets
 * done. One timer wakes the whole lane when there is quota again.
 *
 * <p>Each call takes a {@link Place} and must {@link Place#leave} it once, however it ends. A call that waits before another
 * attempt {@link Place#rest rests}: it gives its permit back and keeps its place. Its next attempt uses the key of the first.
 *
 * <p>Whether a place was granted when its call left, or is being granted in that very moment on another thread, is settled by
 * one compare-and-set on the place.
 */
final class Lane {

    /** What a call is told. */
    enum Turn {
        /** Go. */
        GRANTED,
        /** Too many wait already. */
        FULL,
        /** The gate or the lane is closed for good. */
        CLOSED,
        /** The call's own time is over. */
        LATE
    }

    /** Who waits for an answer. */
    enum Rank {
        /** Somebody waits for this one call. */
        SINGLE,
        /** It is one of many, whose run has a limit of its own. */
        BULK
    }

    /** The states of a place in which it does not wait; in which it does, the state is its {@link Ticket}. */
    private enum Standing {
        GRANTED,
        RESTING,
        /** Left, or turned away. */
        GONE
    }

    /** Whoever takes it tells the quota, and nobody else. */
    private static final AtomicReferenceFieldUpdater<Place, @Nullable Sending> NEXT =
            AtomicReferenceFieldUpdater.newUpdater(Place.class, Sending.class, "next");

    private static final AtomicReferenceFieldUpdater<Place, Object> STATE =
            AtomicReferenceFieldUpdater.newUpdater(Place.class, Object.class, "state");

    private static final Mono<Turn> GO = Mono.just(Turn.GRANTED);

    private final PermitGate gate;
    private final QuotaDesk quota;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final Lines<Ticket> lines;
    private final AtomicBoolean inLine = new AtomicBoolean();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger resting = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Sinks.Empty<Void> drained = Sinks.empty();
    /** Bits of the keys that are not used any more. */
    private final AtomicLong removed = new AtomicLong();

    private volatile boolean closed;

    /** When it is worth asking again, as far as those in front know; only the gate's one thread touches these. */
    private @Nullable Disposable alarm;

    private long alarmAt;
    private volatile boolean shortOfQuota;
    private long shortSince;
    private final AtomicLong waitedNanos = new AtomicLong();

    /**
     * @param keys how many keys the tenant has
     * @param timer wakes the lane
     * @param nanoTime what has passed on it
     */
    Lane(PermitGate gate, QuotaDesk quota, int keys, Scheduler timer, LongSupplier nanoTime) {
        this.gate = gate;
        this.quota = quota;
        this.lines = new Lines<>(keys);
        this.timer = timer;
        this.nanoTime = nanoTime;
    }

    /** Takes a place. Never waits: the place says when it is its turn. */
    Place enter(Rank rank) {
        boolean limited = rank == Rank.SINGLE;
        if (closed()) {
            return new Place(rank, Standing.GONE, Turn.CLOSED, null);
        }
        if (waiting.get() == 0 && gate.nobodyIsReady() && (!limited || resting.get() < gate.maxWaiting())) {
            Place place = atOnce(rank);
            if (place != null) {
                return place;
            }
        }
        if (!tryWait(limited)) {
            // This call may have held a permit for a moment, which somebody else missed.
            gate.drain();
            return new Place(rank, Standing.GONE, Turn.FULL, null);
        }
        Place place = new Place(rank);
        wake();
        return place;
    }

    private @Nullable Place atOnce(Rank rank) {
        if (!gate.tryTakePermit()) {
            return null;
        }
        Sending sending = quota.trySend(QuotaDesk.ANY_KEY, nanoTime.getAsLong(), rank == Rank.SINGLE);
        if (sending == null) {
            gate.givePermitBack();
            return null;
        }
        inFlight.incrementAndGet();
        Place place = new Place(rank, Standing.GRANTED, Turn.GRANTED, sending);
        if (closed()) {
            // Closed in between: whoever waits for the last call to end has not seen this one.
            place.leave();
            return new Place(rank, Standing.GONE, Turn.CLOSED, null);
        }
        return place;
    }

    /** Tells everyone who waits, rests or comes that the lane is closed. The gate stays open for others. Idempotent. */
    void close() {
        closed = true;
        gate.wakeAll(this);
        wake();
        if (inFlight.get() == 0) {
            drained.tryEmitEmpty();
        }
    }

    boolean closed() {
        return closed || gate.closed();
    }

    /** Completes when the lane is closed and the last call that had passed has ended. */
    Mono<Void> drained() {
        return drained.asMono();
    }

    /** Whether those who wait here wait for quota, and not for a permit. */
    boolean shortOfQuota() {
        return shortOfQuota;
    }

    /** For how long somebody has waited here for quota. */
    Duration waitedForQuota() {
        long now = shortOfQuota ? nanoTime.getAsLong() - shortSince : 0;
        return Duration.ofNanos(waitedNanos.get() + Math.max(0, now));
    }

    /** How many of those who wait have a connection to go over, as far as quota does not stop them. */
    int couldGo() {
        return Math.min(waiting.get(), gate.freePermits() + 1);
    }

    QuotaDesk quota() {
        return quota;
    }

    long now() {
        return nanoTime.getAsLong();
    }

    /** Takes a key out, whose calls may use another. */
    void remove(int key) {
        removed.getAndUpdate(keysOut -> keysOut | (1L << key));
        quota.remove(key);
        wake();
    }

    // What the gate's one thread does.

    boolean isEmpty() {
        return waiting.get() == 0;
    }

    /**
     * Sends the first that may go.
     *
     * @param news takes what others have to be told
     * @return tells it; null if nobody may, then the permit is free for others
     */
    @Nullable Runnable sendOne(Queue<Runnable> news) {
        inLine.set(false);
        if (closed) {
            turnAway(news);
            return null;
        }
        if (lines.manyGaveUp(waiting.get())) {
            lines.sweep();
        }
        lines.free(removed.get());
        long now = nanoTime.getAsLong();
        Ticket sent = trySendOne(now, news);
        if (sent == null && waitsForQuota(now)) {
            sent = trySendOne(now, news);
        }
        if (isEmpty()) {
            // Who comes from here on puts the lane in line, and has the alarm set again.
            silence();
        }
        return sent;
    }

    /**
     * Says that somebody waits for quota, so that the next answer wakes the lane.
     *
     * @return whether that is new: an answer that came before may have gone unnoticed, and it has to be tried again
     */
    private boolean waitsForQuota(long now) {
        if (shortOfQuota || waiting.get() == 0) {
            return false;
        }
        shortSince = now;
        shortOfQuota = true;
        return true;
    }

    private @Nullable Ticket trySendOne(long now, Queue<Runnable> news) {
        long soonest = QuotaDesk.UNTIL_ANSWERED;
        boolean somebody = false;
        for (Line<Ticket> line : lines.inOrder()) {
            Ticket first = lines.firstOf(line);
            while (first != null) {
                somebody = true;
                boolean single = line.rank() == Rank.SINGLE;
                Sending sending = quota.trySend(line.key(), now, single);
                if (sending == null) {
                    soonest = Math.min(soonest, quota.nextIn(line.key(), now, single));
                    break;
                }
                line.queue().poll();
                enoughQuota(now);
                if (first.grant(sending, news)) {
                    wakeLater();
                    return first;
                }
                quota.notSent(sending, now);
                lines.skipped();
                first = lines.firstOf(line);
            }
        }
        if (!somebody) {
            enoughQuota(now);
        } else if (shortOfQuota && soonest != QuotaDesk.UNTIL_ANSWERED) {
            setAlarm(now, soonest);
        }
        return null;
    }

    private void setAlarm(long now, long nanos) {
        long at = now + nanos;
        Disposable armed = alarm;
        // One whose time has come is ringing, or about to: it may not see what is known now.
        if (armed != null && alarmAt - now > 0) {
            if (alarmAt - at <= 0) {
                return;
            }
            armed.dispose();
        }
        alarmAt = at;
        alarm = timer.schedule(this::wake, nanos, TimeUnit.NANOSECONDS);
    }

    private void silence() {
        Disposable armed = alarm;
        if (armed != null) {
            armed.dispose();
            alarm = null;
        }
    }

    private void enoughQuota(long now) {
        if (shortOfQuota) {
            waitedNanos.addAndGet(now - shortSince);
            shortOfQuota = false;
        }
    }

    void turnAway(Queue<Runnable> news) {
        inLine.set(false);
        silence();
        lines.emptyAll(ticket -> ticket.turnAway(news));
        enoughQuota(nanoTime.getAsLong());
    }

    /** The gate's thread takes those out that have given up, even if nobody else waits. */
    private void sweepSoon() {
        if (inLine.compareAndSet(false, true)) {
            gate.ready(this);
        }
        gate.drain();
    }

    /** Has the gate look whether somebody may go. */
    void wake() {
        if (closed) {
            gate.closing(this);
        } else {
            wakeLater();
        }
        gate.drain();
    }

    private void wakeLater() {
        if (waiting.get() > 0 && inLine.compareAndSet(false, true)) {
            gate.ready(this);
        }
    }

    /** One wait of a place for its turn, and the news of it. */
    private final class Ticket implements Lines.Waiting, Runnable {

        private final Place place;
        private final Sinks.One<Turn> news = Sinks.one();
        /** What it is told, as the gate's one thread has settled it before anybody tells it. */
        private Turn turn = Turn.CLOSED;

        private Ticket(Place place) {
            this.place = place;
        }

        @Override
        public boolean waits() {
            return place.state == this;
        }

        /** Tells it. What the call does with the news may take long: not for the gate's one thread. */
        @Override
        public void run() {
            news.tryEmitValue(turn);
        }

        boolean grant(Sending sending, Queue<Runnable> others) {
            place.next = sending;
            // Before anybody can see it: the call may end in the same moment, and is taken off then.
            inFlight.incrementAndGet();
            turn = Turn.GRANTED;
            if (settle(Standing.GRANTED)) {
                return true;
            }
            if (wasTheLast()) {
                others.add(drained::tryEmitEmpty);
            }
            return false;
        }

        void turnAway(Queue<Runnable> others) {
            if (settle(Standing.GONE)) {
                others.add(this);
            }
        }

        private boolean settle(Standing standing) {
            boolean settled = STATE.compareAndSet(place, this, standing);
            if (settled) {
                waitsNoMore();
            }
            return settled;
        }
    }

    /**
     * One call's place, from its coming to its end. Its methods are for the call itself, one after the other; only leaving may
     * meet another of them, when the call is cancelled.
     */
    final class Place {

        private final Rank rank;
        private volatile Object state;
        private Mono<Turn> turn;
        private PermitGate.@Nullable Sleeper asleep;
        /** What the turn that is being told is for. */
        private volatile @Nullable Sending next;

        /** A place that is told at once. */
        private Place(Rank rank, Standing standing, Turn now, @Nullable Sending sending) {
            this.rank = rank;
            this.state = standing;
            this.turn = now == Turn.GRANTED ? GO : Mono.just(now);
            this.next = sending;
        }

        /** A newcomer's place that waits, and has been counted by the gate. */
        private Place(Rank rank) {
            this.rank = rank;
            Ticket ticket = new Ticket(this);
            this.state = ticket;
            this.turn = ticket.news.asMono();
            gate.occupied(Lane.this);
            lines.newcomer(rank, ticket);
        }

        /** Whether this call may go now. */
        boolean granted() {
            return state == Standing.GRANTED;
        }

        /** Emits what this call is told, at once or when its turn has come. */
        Mono<Turn> turn() {
            return turn;
        }

        /** As {@link #turn()}, but not later than after some time. */
        Mono<Turn> turn(Duration limit, Scheduler timer) {
            return turn.timeout(limit, Mono.just(Turn.LATE), timer);
        }

        /** The key that the call has to use now. */
        int key() {
            Sending sending = next;
            return sending == null ? 0 : sending.key();
        }

        /** Tells how an attempt ended, once for each turn. */
        void report(AttemptResult result) {
            Sending sent = NEXT.getAndSet(this, null);
            if (sent != null) {
                note(sent, result);
            }
        }

        /** Tells that the call ended, or waits again, without knowing what became of its attempt. */
        private void giveUp(boolean mayHaveLeft) {
            Sending sent = NEXT.getAndSet(this, null);
            if (sent != null && mayHaveLeft) {
                quota.unanswered(sent, nanoTime.getAsLong());
            } else if (sent != null) {
                quota.notSent(sent, nanoTime.getAsLong());
            }
        }

        /**
         * Gives the permit back and keeps the place.
         *
         * @return completes when there is no more point in resting, since the gate is closed
         */
        Mono<Void> rest() {
            PermitGate.Sleeper sleeper = new PermitGate.Sleeper(Lane.this, Sinks.empty());
            // Before anybody can see that it rests: leaving takes back what it finds here.
            asleep = sleeper;
            gate.rests(sleeper);
            resting.incrementAndGet();
            if (!STATE.compareAndSet(this, Standing.GRANTED, Standing.RESTING)) {
                sleepOver();
                return Mono.empty();
            }
            giveUp(false);
            permitFree();
            if (closed()) {
                sleeper.closing().tryEmitEmpty();
            }
            return sleeper.closing().asMono();
        }

        /**
         * Asks for another turn, before those who have not had one yet.
         *
         * @param key the key that the call has to use, or {@link QuotaDesk#ANY_KEY}
         */
        void resume(int key) {
            Ticket ticket = newTurn();
            if (STATE.compareAndSet(this, Standing.RESTING, ticket)) {
                sleepOver();
                queue(ticket, key);
            } else {
                waitsNoMore();
            }
        }

        /**
         * Gives the turn back and asks for another, without resting.
         *
         * @param key as for {@link #resume}
         */
        void again(int key) {
            Ticket ticket = newTurn();
            if (STATE.compareAndSet(this, Standing.GRANTED, ticket)) {
                giveUp(false);
                gate.givePermitBack();
                endOne();
                queue(ticket, key);
            } else {
                waitsNoMore();
            }
        }

        private Ticket newTurn() {
            Ticket ticket = new Ticket(this);
            turn = ticket.news.asMono();
            // It has been let in, and is not turned away now.
            tryWait(false);
            return ticket;
        }

        private void queue(Ticket ticket, int key) {
            gate.occupied(Lane.this);
            lines.returning(rank, key, ticket);
            wake();
        }

        /**
         * Gives the place up. Call it once, whatever has happened.
         *
         * @param mayHaveLeft whether a request may be on its way that nothing has been reported of
         */
        void leave(boolean mayHaveLeft) {
            Object before = STATE.getAndSet(this, Standing.GONE);
            if (before == Standing.GRANTED) {
                giveUp(mayHaveLeft);
                permitFree();
            } else if (before == Standing.RESTING) {
                sleepOver();
            } else if (before instanceof Ticket) {
                lines.gaveUp();
                int left = waitsNoMore();
                if (left == 0 || lines.manyGaveUp(left)) {
                    sweepSoon();
                }
            }
        }

        void leave() {
            leave(false);
        }

        private void permitFree() {
            gate.givePermitBack();
            endOne();
            wake();
        }

        private void sleepOver() {
            PermitGate.Sleeper sleeper = asleep;
            if (sleeper != null) {
                gate.restsNoMore(sleeper);
                resting.decrementAndGet();
                asleep = null;
            }
        }
    }

    /** Counts one that waits, unless it is limited and too many do. */
    private boolean tryWait(boolean limited) {
        if (waiting.incrementAndGet() + resting.get() > gate.maxWaiting() && limited) {
            waiting.decrementAndGet();
            return false;
        }
        gate.waits();
        return true;
    }

    private int waitsNoMore() {
        gate.waitsNoMore();
        return waiting.decrementAndGet();
    }

    private void endOne() {
        if (wasTheLast()) {
            drained.tryEmitEmpty();
        }
    }

    private boolean wasTheLast() {
        return inFlight.decrementAndGet() == 0 && closed;
    }

    private void note(Sending sent, AttemptResult result) {
        long now = nanoTime.getAsLong();
        if (result instanceof AttemptResult.Faulted fault) {
            if (fault.delivery() == Delivery.NOT_SENT) {
                quota.notSent(sent, now);
            } else {
                quota.unanswered(sent, now);
            }
        } else if (result instanceof AttemptResult.Refused refused
                && refused.refusal() == AttemptResult.Refusal.RATE_LIMITED) {
            quota.refused(sent, now, refused.quota(), refused.retryAfter());
        } else {
            // What somebody else has answered says nothing of this quota.
            boolean foreign = result instanceof AttemptResult.Refused refused
                    && refused.refusal() == AttemptResult.Refusal.UNEXPECTED;
            quota.answered(sent, now, foreign ? null : result.quota());
        }
        if (shortOfQuota) {
            wake();
        }
    }
}
