package dev.closecrm.reactor.bulk;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.TransportException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One item of a run, from its arrival to its result: its id is read, it is sent or is a repetition of another, and it ends, once,
 * with what its call says. It may end by being discarded instead, when the run is cancelled.
 *
 * @param <T> the type of item
 */
final class RunItem<T> implements CoreSubscriber<DeleteResult<ContactId>>, Disposable, Scannable {

    @SuppressWarnings("rawtypes") // there are no generic class literals
    private static final AtomicIntegerFieldUpdater<RunItem> ENDED =
            AtomicIntegerFieldUpdater.newUpdater(RunItem.class, "ended");

    private final RunSubscription<T> run;
    private final long index;
    private final T item;
    private @Nullable ContactId id;
    private SeenIds.@Nullable First first;
    private boolean maybeSentBefore;
    /** Seen by who cancels, as they are seen by who subscribes: one of the two finds the other. */
    private volatile @Nullable Subscription call;
    /** Whoever changes it to 1 has the item: the call that ends, or who cancels. */
    private volatile int ended;

    private @Nullable DeleteResult<T> result;

    RunItem(RunSubscription<T> run, long index, T item) {
        this.run = run;
        this.index = index;
        this.item = item;
    }

    /** Makes the call, or ends without one. */
    void begin() {
        try {
            decide();
        } catch (Throwable e) {
            Exceptions.throwIfFatal(e);
            onError(e);
        }
    }

    private void decide() {
        ContactId contact;
        try {
            contact = ContactId.of(readId());
        } catch (InvalidContactIdException e) {
            endUnsent(null, new DeleteOutcome.Failed(e));
            return;
        }
        id = contact;
        DeleteOutcome forTheRest = run.conditions.forTheRest();
        if (forTheRest != null) {
            endUnsent(contact, forTheRest);
            return;
        }
        SeenIds.First known = run.seen.firstOf(contact, index);
        maybeSentBefore = askWhetherSentBefore();
        if (known.index() != index) {
            subscribeTo(known.outcome().map(outcome -> repeated(contact, known.index(), outcome)));
            return;
        }
        first = known;
        maybeSentBefore |= known.maybeSentBefore();
        subscribeTo(run.client.delete(contact, maybeSentBefore, run.conditions, run.options.itemTimeout()));
    }

    private String readId() {
        String read;
        try {
            read = run.contactId.apply(item);
        } catch (Throwable e) {
            // Not only runtime exceptions: other languages throw checked ones from such a function.
            Exceptions.throwIfFatal(e);
            throw new InvalidContactIdException(null, e);
        }
        if (read == null) {
            throw new InvalidContactIdException(null);
        }
        return read;
    }

    private boolean askWhetherSentBefore() {
        try {
            return run.options.maybeSentBefore().test(item);
        } catch (Throwable e) {
            Exceptions.throwIfFatal(e);
            // Nobody knows, then: the report that claims less.
            return true;
        }
    }

    /** What an earlier request for this very item may have deleted was not simply not there. */
    private DeleteResult<ContactId> repeated(ContactId contact, long firstIndex, DeleteOutcome outcome) {
        boolean inferred = maybeSentBefore && outcome instanceof DeleteOutcome.NotFound;
        DeleteOutcome known = inferred ? new DeleteOutcome.Deleted(Confirmation.INFERRED) : outcome;
        return new DeleteResult<>(
                0, contact, contact, new DeleteOutcome.Duplicate(firstIndex, known), null, 0, Duration.ZERO);
    }

    private void subscribeTo(Mono<DeleteResult<ContactId>> outcome) {
        if (run.calls.add(this)) {
            outcome.subscribe(this);
        }
    }

    // What the call says.

    @Override
    public void onSubscribe(Subscription subscription) {
        call = subscription;
        if (run.calls.isDisposed()) {
            subscription.cancel();
        } else {
            subscription.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(DeleteResult<ContactId> ending) {
        boolean mine = end(new DeleteResult<>(
                index, item, id, ending.outcome(), ending.status(), ending.attempts(), ending.elapsed()));
        if (!mine && !run.calls.isDisposed()) {
            Operators.onNextDropped(ending, currentContext());
        }
    }

    /** Calls end in outcomes. One that does not has met a fault of ours or of a hook, and nobody knows what it did. */
    @Override
    public void onError(Throwable error) {
        DeleteOutcome broke = new DeleteOutcome.Failed(new TransportException(
                id == null ? "(not read)" : id.value(),
                TransportException.Phase.EXCHANGE,
                false,
                false,
                "the call broke: " + error,
                error,
                0,
                Delivery.UNKNOWN));
        if (!endUnsent(id, broke)) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        cancelCall();
    }

    @Override
    public void onComplete() {
        if (ended == 0) {
            onError(new IllegalStateException("the call ended without an outcome"));
        }
    }

    private boolean endUnsent(@Nullable ContactId contact, DeleteOutcome outcome) {
        return end(new DeleteResult<>(index, item, contact, outcome, null, 0, Duration.ZERO));
    }

    private boolean end(DeleteResult<T> mine) {
        if (!ENDED.compareAndSet(this, 0, 1)) {
            return false;
        }
        result = mine;
        run.calls.remove(this);
        SeenIds.First known = first;
        if (known != null) {
            run.seen.ended(known, mine.outcome());
        }
        run.ended(this);
        if (known != null) {
            // Only now, so that the first comes out before those that repeat it.
            known.announce();
        }
        run.drain();
        return true;
    }

    // What the run asks.

    DeleteResult<T> result() {
        return Objects.requireNonNull(result);
    }

    boolean maybeSentBefore() {
        return maybeSentBefore;
    }

    /** It has a result that nobody takes. */
    void discard() {
        Operators.onDiscard(item, currentContext());
    }

    /** Ends what is under way, and discards the item unless it has a result. */
    @Override
    public void dispose() {
        cancelCall();
        if (ENDED.compareAndSet(this, 0, 1)) {
            discard();
        }
    }

    private void cancelCall() {
        Subscription mine = call;
        if (mine != null) {
            mine.cancel();
        }
    }

    @Override
    public Context currentContext() {
        return run.currentContext();
    }

    @Override
    public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
        if (key.equals(Attr.PARENT)) {
            return call;
        }
        if (key.equals(Attr.ACTUAL)) {
            return run;
        }
        if (key.equals(Attr.TERMINATED)) {
            return ended != 0;
        }
        return key.equals(Attr.RUN_STYLE) ? Attr.RunStyle.ASYNC : null;
    }
}
