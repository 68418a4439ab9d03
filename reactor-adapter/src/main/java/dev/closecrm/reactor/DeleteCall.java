package dev.closecrm.reactor;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.retry.CallState;
import dev.closecrm.core.engine.retry.Verdict;
import dev.closecrm.core.error.ClientDisposedException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TokenRefreshException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.reactor.PermitGate.Turn;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.RenewalException;
import dev.closecrm.reactor.http.Exchange;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Fuseable;
import reactor.core.publisher.Mono;

/**
 * What happens to one call, from top to bottom: it takes a place at the gate, waits for its turn, makes its attempt, once more with
 * renewed credentials if the first were refused, and ends in an outcome. Single calls and the items of a bulk run come through here alike.
 */
final class DeleteCall {

    private static final DeleteOutcome DISPOSED = new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED);

    private final PermitGate gate;
    private final Exchange exchange;
    private final CredentialsSource credentials;
    private final Duration attemptTimeout;
    private final LongSupplier nanoTime;

    DeleteCall(
            PermitGate gate,
            Exchange exchange,
            CredentialsSource credentials,
            Duration attemptTimeout,
            LongSupplier nanoTime) {
        this.gate = gate;
        this.exchange = exchange;
        this.credentials = credentials;
        this.attemptTimeout = attemptTimeout;
        this.nanoTime = nanoTime;
    }

    /** One end for each subscription, and never an error. */
    Mono<Ended> delete(ContactId id) {
        return Mono.defer(() -> {
            long begun = nanoTime.getAsLong();
            return Mono.using(
                    gate::enter,
                    place -> place.turn().flatMap(turn -> atItsTurn(id, turn, begun)),
                    PermitGate.Place::leave);
        });
    }

    private Mono<Ended> atItsTurn(ContactId id, Turn turn, long begun) {
        return switch (turn) {
            case GRANTED ->
                gate.closed()
                        ? Mono.just(unsent(id, DISPOSED, begun))
                        : attempt(id, credentials.current(), CallState.NEW, begun);
            case FULL -> Mono.just(unsent(id, new DeleteOutcome.Failed(tooMany(id)), begun));
            case CLOSED -> Mono.just(unsent(id, DISPOSED, begun));
        };
    }

    private Mono<Ended> attempt(ContactId id, Mono<Credentials> source, CallState before, long begun) {
        Mono<Ended> ended = source.flatMap(used -> exchange.delete(id, used, attemptTimeout)
                .flatMap(last -> refused(last) && before.attempts() == 0
                        ? attempt(id, credentials.afterRefusal(used), before.after(last), begun)
                                .switchIfEmpty(Mono.fromSupplier(() -> ended(id, last, before, begun)))
                        : Mono.just(ended(id, last, before, begun))));
        // A constant cannot fail: those who have a key are spared the operator.
        return source instanceof Fuseable.ScalarCallable
                ? ended
                : ended.onErrorResume(RenewalException.class, e -> Mono.just(notRenewed(id, e, before, begun)));
    }

    private static boolean refused(AttemptResult last) {
        return last instanceof AttemptResult.Refused refused && refused.refusal() == AttemptResult.Refusal.UNAUTHORIZED;
    }

    private Ended notRenewed(ContactId id, RenewalException error, CallState before, long begun) {
        if (before.attempts() == 0 && gate.closed()) {
            return unsent(id, DISPOSED, begun);
        }
        DeleteOutcome outcome = new DeleteOutcome.Failed(new TokenRefreshException(
                id.value(), error.detail(), error.retryable(), error.getCause(), before.attempts(), before.delivery()));
        return new Ended(id, outcome, null, before, since(begun));
    }

    private Ended ended(ContactId id, AttemptResult last, CallState before, long begun) {
        boolean faulted = last instanceof AttemptResult.Faulted;
        if (faulted && before.after(last).delivery() == Delivery.NOT_SENT && gate.closed()) {
            // What exactly went wrong with a connection that disposal took away says nothing.
            return unsent(id, DISPOSED, begun);
        }
        return new Ended(id, Verdict.finish(id, last, before), last, before, since(begun));
    }

    private Ended unsent(ContactId id, DeleteOutcome outcome, long begun) {
        return new Ended(id, outcome, null, CallState.NEW, since(begun));
    }

    private Duration since(long begun) {
        return Duration.ofNanos(nanoTime.getAsLong() - begun);
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

    /**
     * How a call ended.
     *
     * @param last the result of its last attempt, or null if there was none
     * @param before what the call knew before that attempt
     */
    record Ended(
            ContactId id, DeleteOutcome outcome, @Nullable AttemptResult last, CallState before, Duration elapsed) {

        /** For those who asked for a result. */
        DeleteResult<ContactId> result() {
            return new DeleteResult<>(
                    0,
                    id,
                    id,
                    outcome,
                    last == null ? null : last.statusRead(),
                    last == null ? before.attempts() : before.attempts() + 1,
                    elapsed);
        }

        /** For those who asked for a signal, and to whom this outcome is an error. */
        CloseCrmException error() {
            if (outcome instanceof DeleteOutcome.Failed failed) {
                return failed.error();
            }
            if (outcome instanceof DeleteOutcome.NotFound && last instanceof AttemptResult.NotFound answer) {
                return Verdict.notFound(id, answer, before);
            }
            if (outcome instanceof DeleteOutcome.NotAttempted) {
                return new ClientDisposedException();
            }
            throw new IllegalStateException("not an error: " + outcome);
        }
    }
}
