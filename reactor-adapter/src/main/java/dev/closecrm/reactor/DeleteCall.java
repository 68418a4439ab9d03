package dev.closecrm.reactor;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.retry.CallState;
import dev.closecrm.core.engine.retry.Decision;
import dev.closecrm.core.engine.retry.KeyTrust;
import dev.closecrm.core.engine.retry.RetryBudget;
import dev.closecrm.core.engine.retry.RetryPolicy;
import dev.closecrm.core.engine.retry.Verdict;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.CallTimeoutException.Phase;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TokenRefreshException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.reactor.Lane.Rank;
import dev.closecrm.reactor.Lane.Turn;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.KeyRing;
import dev.closecrm.reactor.auth.RenewalException;
import dev.closecrm.reactor.bulk.OutageHold;
import dev.closecrm.reactor.bulk.RunConditions;
import dev.closecrm.reactor.http.Exchange;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What happens to one call, from top to bottom: it takes a place at the gate, waits for its turn, makes an attempt, and ends in
 * an outcome or waits and begins again. What an attempt means and whether to make another is decided in core; here it is carried
 * out. Single calls and the items of a bulk run come through here alike.
 */
final class DeleteCall {

    private static final Logger LOG = LoggerFactory.getLogger("dev.closecrm.reactor");

    private static final DeleteOutcome DISPOSED = new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED);
    private static final DeleteOutcome OUTAGE = new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.OUTAGE);

    /** Says that the call has not ended, and asks for its turn once more. */
    private static final Ended ONCE_MORE =
            new Ended(ContactId.of("cont_none"), DISPOSED, null, CallState.NEW, Duration.ZERO);

    private static final Mono<Ended> AGAIN = Mono.just(ONCE_MORE);

    private final Lane lane;
    private final KeyRing keys;
    private final KeyTrust trust;
    private final Exchange exchange;
    private final RetryPolicy policy;
    private final RetryBudget budget;
    private final Limits limits;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final DoubleSupplier random;
    /** The last 401 that a key was taken out for. */
    private volatile AttemptResult.@Nullable Refused refusal;

    /**
     * @param timer carries out every wait of a call
     * @param nanoTime what has passed on it, as {@code System.nanoTime()}
     * @param random from 0 inclusive to 1 exclusive
     */
    DeleteCall(
            Lane lane,
            KeyRing keys,
            Exchange exchange,
            RetryPolicy policy,
            RetryBudget budget,
            Limits limits,
            Scheduler timer,
            LongSupplier nanoTime,
            DoubleSupplier random) {
        this.lane = lane;
        this.keys = keys;
        this.trust = new KeyTrust(keys.size());
        this.exchange = exchange;
        this.policy = policy;
        this.budget = budget;
        this.limits = limits;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * How long things may take.
     *
     * @param call a single call, all waiting included
     * @param attempt each attempt
     */
    record Limits(Duration call, Duration attempt) {}

    /** A single call. One end for each subscription, and never an error. */
    Mono<Ended> delete(ContactId id) {
        return Mono.using(() -> new Running(id, null, CallState.NEW, limits.call()), Running::atTheGate, Running::end);
    }

    /**
     * An item of a bulk run. As a single call, but while the service is down it waits for as long as its run does, and its time
     * begins with its first permit and stands still while it waits so. Once its run is stopped it makes no further attempt.
     *
     * @param maybeSentBefore whether a request that nobody here knows of may have deleted the contact
     */
    Mono<Ended> delete(ContactId id, boolean maybeSentBefore, RunConditions run, Duration itemTimeout) {
        CallState known = maybeSentBefore ? CallState.MAYBE_SENT_BEFORE : CallState.NEW;
        return Mono.using(() -> new Running(id, run, known, itemTimeout), Running::atTheGate, Running::end);
    }

    /** One call under way. Its steps follow each other, so its fields need no guard. */
    private final class Running {

        private final ContactId id;
        /** What it has in common with the other items of its run; null for a single call. */
        private final @Nullable RunConditions run;

        private final Lane.Place place;
        private final CallClock clock;
        private boolean hadPermit;
        /** What the call knows, and what it knew before its last attempt. */
        private CallState state;

        private CallState before;
        private @Nullable AttemptResult last;
        private boolean paid;
        private boolean probing;
        /** The key of the last attempt; while it waits for another one, the key that has to be used then. */
        private int key = QuotaDesk.ANY_KEY;
        /** The keys that have said that the contact is not there, as bits. */
        private long saidNotThere;
        /** Whether a request is under way, or may be. */
        private volatile boolean asking;
        /** Whether an attempt of this call may have reached the service. */
        private boolean sent;
        /** Whether another key has to be asked before the last answer counts. */
        private boolean undecided;
        /** Whether this is a round of {@link #onceMore}. */
        private boolean going;

        Running(ContactId id, @Nullable RunConditions run, CallState known, Duration limit) {
            this.id = id;
            this.run = run;
            this.state = known;
            this.before = known;
            this.place = lane.enter(run == null ? Rank.SINGLE : Rank.BULK);
            this.clock = new CallClock(limit, nanoTime);
        }

        /** Waits for the turn. */
        Mono<Ended> atTheGate() {
            if (place.granted()) {
                return itsTurn();
            }
            if (run != null) {
                clock.stop();
            }
            Mono<Turn> turn = run == null
                    ? place.turn(clock.left(), timer)
                    : untilStopped(place.turn()).defaultIfEmpty(Turn.CLOSED);
            return turn.flatMap(told -> switch (told) {
                case GRANTED -> itsTurn();
                case FULL -> over(new DeleteOutcome.Failed(tooMany(id)));
                case CLOSED -> noMore();
                case LATE -> over(outOfTime(lane.shortOfQuota() ? Phase.QUOTA : Phase.PERMIT));
            });
        }

        /**
         * Waits for another turn. Rounds follow each other in one loop: each within the one before, thousands of them in an outage of
         * days would be as many calls deep.
         */
        @SuppressWarnings("ReferenceEquality") // a call could end with an equal one
        private Mono<Ended> onceMore() {
            if (going) {
                return AGAIN;
            }
            going = true;
            return Mono.defer(this::atTheGate)
                    .repeat()
                    .<Ended>handle((end, out) -> {
                        // A filter would hand it to the user's hook for discarded elements.
                        if (end != ONCE_MORE) {
                            out.next(end);
                        }
                    })
                    .next();
        }

        private Mono<Ended> itsTurn() {
            if (run == null) {
                return attempt();
            }
            if (!probing) {
                clock.go();
            }
            if (!hadPermit) {
                hadPermit = true;
                clock.countFromNow();
            }
            return probing || !run.hold().holding() ? attempt() : whileTheServiceIsDown(run);
        }

        /** One exchange, with the credentials of the moment. */
        private Mono<Ended> attempt() {
            if (noMoreAttempts()) {
                return noMore();
            }
            key = place.key();
            CredentialsSource source = keys.source(key);
            Credentials ready = source.ready();
            // Who has a key is spared the operators.
            return ready == null ? withCredentials(source.current(), this::exchange, this::noMore) : exchange(ready);
        }

        /**
         * Waits for credentials, and keeps the permit meanwhile: whoever waits for the last call to end waits for the renewal that it may
         * have begun, and nobody gets the permit who would send what has been refused.
         */
        private Mono<Ended> withCredentials(
                Mono<Credentials> coming, Function<Credentials, Mono<Ended>> use, Supplier<Mono<Ended>> orElse) {
            return untilStopped(coming.timeout(clock.left(), timer))
                    .flatMap(now -> noMoreAttempts() ? noMore() : use.apply(now))
                    .switchIfEmpty(Mono.defer(() -> noMoreAttempts() ? noMore() : orElse.get()))
                    .onErrorResume(RenewalException.class, this::notRenewed)
                    .onErrorResume(TimeoutException.class, late -> over(outOfTime(Phase.ATTEMPT)));
        }

        private Mono<Ended> exchange(Credentials now) {
            // A probe is made for all that wait, and its item's time stands still.
            long left = probing ? limits.attempt().toNanos() : clock.leftNanos();
            if (left <= 0) {
                return over(outOfTime(last == null ? Phase.PERMIT : Phase.BACKOFF));
            }
            Duration most = left < limits.attempt().toNanos() ? Duration.ofNanos(left) : limits.attempt();
            asking = true;
            return exchange.delete(id, now, most).flatMap(result -> ended(result, now));
        }

        /** What the attempt means, and what to do about it. */
        private Mono<Ended> ended(AttemptResult result, Credentials used) {
            place.report(result);
            if (run != null) {
                run.attempted(result);
            }
            asking = false;
            sent |= result.delivery() != Delivery.NOT_SENT;
            undecided = false;
            before = state;
            last = result;
            if (result instanceof AttemptResult.Deleted || result instanceof AttemptResult.NotFound) {
                if (run != null) {
                    tell(run.hold(), result, false);
                }
                budget.succeeded(paid);
                // Given back once, also where another key is asked after this one.
                paid = false;
                int other = result instanceof AttemptResult.NotFound ? secondOpinion() : noteDeletion();
                if (other == KeyTrust.NOT_SURE) {
                    return over(keyRefused());
                }
                return other == KeyTrust.NOBODY ? over(Verdict.finish(id, result, before)) : askAgain(other);
            }
            CallState charged = before.after(result);
            Decision decision = policy.decide(result, charged, random.getAsDouble());
            boolean leftAlone = run != null && decision instanceof Decision.Hold;
            state = probing || leftAlone ? before.afterProbe(result) : charged;
            if (run != null) {
                tell(run.hold(), result, leftAlone);
            }
            if (noMoreAttempts()) {
                return noMore();
            }
            if (run != null && RetryPolicy.looksDown(result) && isNotItsFault(run.hold(), decision)) {
                return whileTheServiceIsDown(run);
            }
            return decision.fold(
                    this::finish,
                    again -> again.charged() && fits(again.delay()) && !pay() ? holdOrFinish() : again(again.delay()),
                    () -> withOtherCredentials(used),
                    this::holdOrFinish);
        }

        private Mono<Ended> finish() {
            boolean cutShort =
                    last instanceof AttemptResult.Faulted fault && fault.timedOut() && clock.leftNanos() <= 0;
            return over(cutShort ? outOfTime(Phase.ATTEMPT) : failure());
        }

        /** Waits and begins again. */
        private Mono<Ended> again(Duration delay) {
            if (delay.isZero()) {
                place.again(key);
                return onceMore();
            }
            if (!fits(delay)) {
                return over(
                        outOfTime(clock.leftNanos() <= 0 ? Phase.ATTEMPT : forQuota() ? Phase.QUOTA : Phase.BACKOFF));
            }
            if (forQuota() && run != null) {
                clock.stop();
            }
            return Mono.delay(delay, timer)
                    .takeUntilOther(untilPointless(place.rest()))
                    // Neither then() nor a default value: both discard, and the user's hook would hear of it.
                    .flatMap(over -> resume())
                    .switchIfEmpty(Mono.defer(this::resume));
        }

        private Mono<Ended> resume() {
            if (noMoreAttempts()) {
                return noMore();
            }
            clock.go();
            place.resume(key);
            return onceMore();
        }

        /** An item's time stands still while it waits for quota. */
        private boolean fits(Duration delay) {
            return (forQuota() && run != null) || delay.toNanos() < clock.leftNanos();
        }

        private boolean forQuota() {
            return last instanceof AttemptResult.Refused refused
                    && refused.refusal() == AttemptResult.Refusal.RATE_LIMITED;
        }

        private boolean pay() {
            boolean covered = budget.tryTake();
            paid |= covered;
            return covered;
        }

        private Mono<Ended> withOtherCredentials(Credentials refused) {
            if (keys.size() > 1) {
                return withOtherKey();
            }
            return withCredentials(
                    keys.source(key).afterRefusal(refused),
                    other -> {
                        state = state.withRenewal();
                        place.again(key);
                        return onceMore();
                    },
                    this::finish);
        }

        // What only those with several keys do.

        /** A key that is refused is not used any more, and the call did nothing: it goes on with another. */
        private Mono<Ended> withOtherKey() {
            if (last instanceof AttemptResult.Refused refused) {
                refusal = refused;
            }
            if (!takeOut(key, "was refused with 401")) {
                return finish();
            }
            return askAgain(QuotaDesk.ANY_KEY);
        }

        /** A key of another organisation says of everything that it is not there. */
        private int secondOpinion() {
            if (keys.size() == 1) {
                return KeyTrust.NOBODY;
            }
            saidNotThere |= 1L << key;
            return trust.secondOpinion(key, saidNotThere);
        }

        /** The keys that knew have been taken out, and what the others say is not worth believing yet. */
        private DeleteOutcome keyRefused() {
            CallState now = before.after(Objects.requireNonNull(last));
            return new DeleteOutcome.Failed(new UnauthorizedException(
                    id.value(), Objects.requireNonNull(refusal).response(), now.attempts(), now.delivery()));
        }

        private int noteDeletion() {
            long out = keys.size() == 1 ? 0 : trust.deleted(key, saidNotThere);
            for (int other = 0; out != 0; other++, out >>= 1) {
                if ((out & 1) != 0) {
                    report(other, "seems to be of another organisation: it has found nothing that the others found");
                }
            }
            return KeyTrust.NOBODY;
        }

        /** It is not held against the call that the first key knew nothing. */
        private Mono<Ended> askAgain(int other) {
            state = before.afterProbe(Objects.requireNonNull(last));
            undecided = true;
            key = other;
            place.again(other);
            return onceMore();
        }

        private Mono<Ended> notRenewed(RenewalException error) {
            return noMoreAttempts()
                    ? noMore()
                    : over(new DeleteOutcome.Failed(new TokenRefreshException(
                            id.value(),
                            error.detail(),
                            error.retryable(),
                            error.getCause(),
                            state.attempts(),
                            state.delivery())));
        }

        // What only the items of a bulk run do.

        private Mono<Ended> holdOrFinish() {
            if (run == null) {
                return finish();
            }
            run.hold().begin();
            return whileTheServiceIsDown(run);
        }

        /**
         * The run learns what this attempt says about the service. One that wants to be left alone for long is as good as down. A probe
         * that says something has done its duty.
         */
        private void tell(OutageHold hold, AttemptResult result, boolean leftAlone) {
            boolean probe = probing;
            if (leftAlone || RetryPolicy.looksDown(result)) {
                probing = false;
                if (probe || !collateral(result)) {
                    hold.failed(probe, error());
                }
            } else if (RetryPolicy.answered(result)) {
                probing = false;
                clock.go();
                hold.answered();
            }
        }

        private static boolean collateral(AttemptResult result) {
            return result instanceof AttemptResult.Faulted fault
                    && fault.prospect() == AttemptResult.Prospect.COLLATERAL;
        }

        /** Nothing fails for want of attempts while the service is down. */
        private boolean isNotItsFault(OutageHold hold, Decision decision) {
            if (decision instanceof Decision.Finish && hold.looksDown()) {
                hold.begin();
            }
            return hold.holding();
        }

        private Mono<Ended> whileTheServiceIsDown(RunConditions run) {
            clock.stop();
            Mono<Void> pointless = untilPointless(place.rest());
            return run.hold()
                    .pass()
                    .takeUntilOther(pointless)
                    .defaultIfEmpty(OutageHold.Pass.GO)
                    .flatMap(pass -> {
                        if (pass == OutageHold.Pass.GIVE_UP) {
                            return givenUp();
                        }
                        probing = pass == OutageHold.Pass.PROBE;
                        if (noMoreAttempts()) {
                            return noMore();
                        }
                        if (!probing) {
                            clock.go();
                        }
                        place.resume(key);
                        return onceMore();
                    });
        }

        private Mono<Ended> givenUp() {
            if (undecided) {
                return over(unconfirmed("the service went down before another key had been asked"));
            }
            return over(sent ? failure() : OUTAGE);
        }

        // How it ends.

        void end() {
            place.leave(asking);
            if (probing && run != null) {
                // It ended before it could say anything.
                run.hold().failed(true, null);
            }
        }

        private Mono<Ended> over(DeleteOutcome outcome) {
            return Mono.just(new Ended(id, outcome, last, before, clock.elapsed()));
        }

        /** Whether an attempt would come too late: the client is closed, or its run is stopped. */
        private boolean noMoreAttempts() {
            return lane.closed() || (run != null && run.stopped());
        }

        private <V> Mono<V> untilStopped(Mono<V> wait) {
            return run == null ? wait : wait.takeUntilOther(run.whenStopped());
        }

        private Mono<Void> untilPointless(Mono<Void> closed) {
            return run == null ? closed : Mono.firstWithSignal(closed, run.whenStopped());
        }

        /** What exactly went wrong with a connection that disposal took away says nothing. */
        private Mono<Ended> noMore() {
            DeleteOutcome stopped = run == null || lane.closed() ? null : run.forTheRest();
            if (undecided) {
                return over(unconfirmed((stopped == null ? "the client was closed" : "the run was stopped")
                        + " before another key had been asked"));
            }
            return over(sent ? failure() : stopped == null ? DISPOSED : stopped);
        }

        private DeleteOutcome unconfirmed(String why) {
            return new DeleteOutcome.Failed(new TransportException(
                    id.value(),
                    TransportException.Phase.POOL,
                    false,
                    true,
                    why,
                    null,
                    state.attempts(),
                    state.delivery()));
        }

        private DeleteOutcome failure() {
            return Verdict.finish(id, Objects.requireNonNull(last), before);
        }

        /** How the last attempt failed. */
        private @Nullable CloseCrmException error() {
            return last != null && failure() instanceof DeleteOutcome.Failed failed ? failed.error() : null;
        }

        private DeleteOutcome outOfTime(Phase phase) {
            CloseCrmException cause = error();
            return new DeleteOutcome.Failed(new CallTimeoutException(
                    id.value(), phase, clock.limit(), cause, state.attempts(), state.delivery()));
        }
    }

    private boolean takeOut(int key, String why) {
        KeyTrust.Removal removal = trust.remove(key);
        if (removal == KeyTrust.Removal.DONE) {
            report(key, why);
        }
        return removal != KeyTrust.Removal.LAST;
    }

    private void report(int key, String why) {
        LOG.warn("API key {} of {} {}; it is not used any more", key + 1, keys.size(), why);
        lane.remove(key);
    }

    private static TransportException tooMany(ContactId id) {
        return new TransportException(
                id.value(),
                TransportException.Phase.POOL,
                false,
                true,
                "too many calls wait already; subscribe to fewer at once, or use deleteContacts(…), which waits by itself",
                null,
                0,
                Delivery.NOT_SENT);
    }
}
