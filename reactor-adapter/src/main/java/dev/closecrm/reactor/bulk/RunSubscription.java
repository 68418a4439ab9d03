package dev.closecrm.reactor.bulk;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.TransportException;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One run. Pulls an item when there is a free slot and its subscriber has asked for a result, makes the call or says why not, and
 * hands each result on as the calls end, or in the order of the items.
 *
 * <p>Items arrive, calls end and the subscriber asks on different threads. Each of them leaves its mark, and {@link #drain} does
 * the rest, on one thread at a time: it counts results, ends the run, hands on and pulls. What is pulled never exceeds what was
 * asked for, so no result waits for demand.
 *
 * @param <T> the type of item
 */
final class RunSubscription<T> implements CoreSubscriber<T>, Subscription, Scannable {

    @SuppressWarnings("rawtypes") // there are no generic class literals
    private static final AtomicReferenceFieldUpdater<RunSubscription, @Nullable Throwable> FAILURE =
            AtomicReferenceFieldUpdater.newUpdater(RunSubscription.class, Throwable.class, "failure");

    private final CoreSubscriber<? super DeleteResult<T>> subscriber;
    private final Function<? super T, String> contactId;
    private final RunClient client;
    private final int concurrency;
    private final BulkOptions<T> options;

    private final RunConditions conditions;
    private final RunListeners listeners;
    private final RunMeter meter;
    private final SeenIds seen;
    private final Tally tally = new Tally();
    private final StopPolicy stopPolicy;
    private final Disposable.Composite calls = Disposables.composite();

    /** Items that have ended and that the drain has not looked at. */
    private final Queue<Item> ended = Queues.<Item>unboundedMultiproducer().get();
    /** Calls of the drain that it has not answered; the first one is answered once the subscriber has its subscription. */
    private final AtomicInteger drains = new AtomicInteger(1);

    private final AtomicLong requested = new AtomicLong();
    private @Nullable Subscription source;
    private @Nullable Disposable trigger;

    /** How many items have arrived; written where they arrive. */
    private volatile long received;

    private volatile boolean sourceDone;
    private volatile boolean stopRequested;
    private volatile boolean cancelled;
    private volatile boolean misused;
    private volatile boolean terminated;
    /** The first of what went wrong with the source, the trigger or the subscriber. */
    private volatile @Nullable Throwable failure;

    // Written by the drain alone.

    /** How many items were asked of the source. */
    private volatile long asked;
    /** How many of those that arrived have ended. */
    private volatile long settled;

    private long emitted;
    /** With ordered results, those that wait for one before them. */
    private final @Nullable DeleteResult<T> @Nullable [] held;

    private @Nullable StopRule broken;

    RunSubscription(
            CoreSubscriber<? super DeleteResult<T>> subscriber,
            Function<? super T, String> contactId,
            RunClient client,
            int concurrency,
            BulkOptions<T> options,
            Scheduler timer,
            LongSupplier nanoTime) {
        this.subscriber = subscriber;
        this.contactId = contactId;
        this.client = client;
        this.concurrency = concurrency;
        this.options = options;
        this.listeners = new RunListeners(options);
        this.conditions = new RunConditions(new OutageHold(options.outageTimeout(), timer, listeners::outage));
        this.meter = new RunMeter(tally, conditions, client, nanoTime);
        this.seen = new SeenIds(options.rememberedIds());
        this.stopPolicy = new StopPolicy(options);
        this.held = options.ordered() ? slots(2 * concurrency) : null;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
    private static <T> @Nullable DeleteResult<T>[] slots(int size) {
        return new DeleteResult[size];
    }

    // What the source says.

    @Override
    public void onSubscribe(Subscription subscription) {
        if (!Operators.validate(source, subscription)) {
            return;
        }
        source = subscription;
        // Before the subscriber can ask for anything: a run that is stopped from the beginning sends nothing.
        trigger = Flux.from(options.stopWhen())
                .take(1)
                .contextWrite(subscriber.currentContext())
                .subscribe(signal -> {}, this::stopForError, this::stop);
        subscriber.onSubscribe(this);
        listeners.startProgress(this::progress);
        drainLoop();
    }

    @Override
    public void onNext(T item) {
        if (terminated || cancelled) {
            Operators.onDiscard(item, currentContext());
            return;
        }
        long index = received;
        if (index >= asked) {
            overflow(item);
            return;
        }
        received = index + 1;
        Item mine = new Item(index, item);
        try {
            begin(mine);
        } catch (Throwable e) {
            Exceptions.throwIfFatal(e);
            mine.onError(e);
        }
    }

    /** The source does not wait to be asked. Nobody has asked for these results either. */
    private void overflow(T item) {
        Operators.onDiscard(item, currentContext());
        if (sourceDone || conditions.stopped()) {
            return;
        }
        cancelSource();
        onError(Exceptions.failWithOverflow("the source of a bulk run brought an item that it was not asked for"));
    }

    @Override
    public void onError(Throwable error) {
        if (sourceDone || conditions.stopped() || !FAILURE.compareAndSet(this, null, error)) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        sourceDone = true;
        drain();
    }

    @Override
    public void onComplete() {
        sourceDone = true;
        drain();
    }

    // What the subscriber and the trigger say.

    @Override
    public void request(long n) {
        if (n <= 0) {
            FAILURE.compareAndSet(
                    this,
                    null,
                    new IllegalArgumentException("requested " + n + ", must be at least 1 (Reactive Streams 3.9)"));
            misused = true;
        } else {
            requested.accumulateAndGet(n, Operators::addCap);
        }
        drain();
    }

    @Override
    public void cancel() {
        if (!cancelled && !terminated) {
            cancelled = true;
            // First, or the permit of one call that is cancelled lets the next one of this run send its request.
            conditions.stop(DeleteOutcome.Reason.STOPPED);
            release();
            listeners.dispose();
            drain();
        }
    }

    private void stop() {
        stopRequested = true;
        drain();
    }

    private void stopForError(Throwable error) {
        if (!FAILURE.compareAndSet(this, null, error)) {
            Operators.onErrorDropped(error, currentContext());
        }
        stop();
    }

    @Override
    public Context currentContext() {
        return subscriber.currentContext();
    }

    // What becomes of an item.

    private void begin(Item item) {
        ContactId id;
        try {
            id = ContactId.of(readId(item.item));
        } catch (InvalidContactIdException e) {
            item.end(null, new DeleteOutcome.Failed(e));
            return;
        }
        item.id = id;
        DeleteOutcome forTheRest = conditions.forTheRest();
        if (forTheRest != null) {
            item.end(id, forTheRest);
            return;
        }
        SeenIds.First first = seen.firstOf(id, item.index);
        item.maybeSentBefore = maybeSentBefore(item.item);
        if (first.index() != item.index) {
            item.await(first.outcome().map(outcome -> repeated(id, first.index(), outcome, item.maybeSentBefore)));
            return;
        }
        item.first = first;
        item.maybeSentBefore |= first.maybeSentBefore();
        item.await(client.delete(id, item.maybeSentBefore, conditions));
    }

    /** What an earlier request for this very item may have deleted was not simply not there. */
    private static DeleteResult<ContactId> repeated(
            ContactId id, long firstIndex, DeleteOutcome outcome, boolean maybeSentBefore) {
        boolean inferred = maybeSentBefore && outcome instanceof DeleteOutcome.NotFound;
        DeleteOutcome known = inferred ? new DeleteOutcome.Deleted(Confirmation.INFERRED) : outcome;
        return new DeleteResult<>(0, id, id, new DeleteOutcome.Duplicate(firstIndex, known), null, 0, Duration.ZERO);
    }

    private String readId(T item) {
        String id;
        try {
            id = contactId.apply(item);
        } catch (Throwable e) {
            // Not only runtime exceptions: other languages throw checked ones from such a function.
            Exceptions.throwIfFatal(e);
            throw new InvalidContactIdException(null, e);
        }
        if (id == null) {
            throw new InvalidContactIdException(null);
        }
        return id;
    }

    private boolean maybeSentBefore(T item) {
        try {
            return options.maybeSentBefore().test(item);
        } catch (Throwable e) {
            Exceptions.throwIfFatal(e);
            // Nobody knows, then: the report that claims less.
            return true;
        }
    }

    // What the drain does.

    private void drain() {
        if (drains.getAndIncrement() == 0) {
            drainLoop();
        }
    }

    private void drainLoop() {
        int missed = 1;
        do {
            if (terminated) {
                discardLateComers();
            } else if (cancelled) {
                ended.clear();
            } else {
                step();
            }
            missed = drains.addAndGet(-missed);
        } while (missed != 0);
    }

    /** They came while the run ended, were not sent, and nobody hears of them. */
    private void discardLateComers() {
        for (Item item = ended.poll(); item != null; item = ended.poll()) {
            Operators.onDiscard(item.item, currentContext());
        }
    }

    private void step() {
        if (stopRequested) {
            stopPulling(DeleteOutcome.Reason.STOPPED);
        }
        for (Item item = ended.poll(); item != null && !cancelled; item = ended.poll()) {
            settle(item);
        }
        boolean noMore = sourceDone || conditions.stopped();
        if (cancelled) {
            // Looked at last, since cancelling stops the calls as well, and is not a run's end.
            return;
        }
        if (misused || (noMore && settled == received)) {
            finish();
        } else if (!noMore) {
            pull();
        }
    }

    private void settle(Item item) {
        long before = settled;
        DeleteResult<T> result = item.result();
        boolean cutShort = conditions.stopped() || conditions.hold().gaveUp();
        tally.add(result.index(), result.outcome(), cutShort);
        settled = before + 1;
        StopRule rule = conditions.hold().gaveUp()
                ? new StopRule(BulkAbortedException.Reason.OUTAGE, conditions.outageCause())
                : stopPolicy.after(result.outcome(), item.maybeSentBefore);
        if (rule != null && broken == null && !conditions.stopped()) {
            broken = rule;
            stopPulling(rule.forTheRest());
        }
        emit(result);
    }

    private void emit(DeleteResult<T> result) {
        @Nullable DeleteResult<T>[] waiting = held;
        if (waiting == null) {
            emitted++;
            subscriber.onNext(result);
            return;
        }
        waiting[place(result.index())] = result;
        for (DeleteResult<T> next = waiting[place(emitted)];
                next != null && !cancelled;
                next = waiting[place(emitted)]) {
            waiting[place(emitted)] = null;
            emitted++;
            subscriber.onNext(next);
        }
    }

    private int place(long index) {
        return (int) (index % (2L * concurrency));
    }

    private void stopPulling(DeleteOutcome.Reason reason) {
        if (!conditions.stopped()) {
            // What arrives from now on is not sent.
            conditions.stop(reason);
            cancelSource();
        }
    }

    private void pull() {
        long now = asked;
        long free = concurrency - (now - settled);
        long wanted = requested.get();
        long more = wanted == Long.MAX_VALUE ? free : Math.min(free, wanted - now);
        if (held != null) {
            more = Math.min(more, 2L * concurrency - (now - emitted));
        }
        if (more > 0) {
            asked = now + more;
            Subscription from = source;
            if (from != null) {
                from.request(more);
            }
        }
    }

    private void finish() {
        terminated = true;
        Throwable error = failure;
        release();
        listeners.end(this::progress);
        StopRule rule = broken;
        if (rule != null && options.onAbort() == BulkOptions.OnAbort.ERROR && !misused) {
            BulkAbortedException aborted =
                    new BulkAbortedException(rule.reason(), tally.summary(() -> settled), rule.cause());
            if (error != null) {
                aborted.addSuppressed(error);
            }
            subscriber.onError(aborted);
        } else if (error != null) {
            subscriber.onError(error);
        } else {
            subscriber.onComplete();
        }
    }

    /** Ends everything that is under way on behalf of this run; where the run has ended by itself, there is nothing. */
    private void release() {
        cancelSource();
        Disposable armed = trigger;
        if (armed != null) {
            armed.dispose();
        }
        calls.dispose();
        conditions.hold().dispose();
    }

    private void cancelSource() {
        Subscription from = source;
        if (from != null && !sourceDone) {
            from.cancel();
        }
    }

    private BulkProgress progress() {
        return meter.read(() -> received, () -> asked);
    }

    @Override
    public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
        if (key.equals(Attr.PARENT)) {
            return source;
        }
        if (key.equals(Attr.ACTUAL)) {
            return subscriber;
        }
        if (key.equals(Attr.TERMINATED)) {
            return terminated;
        }
        if (key.equals(Attr.CANCELLED)) {
            return cancelled;
        }
        if (key.equals(Attr.ERROR)) {
            return failure;
        }
        if (key.equals(Attr.REQUESTED_FROM_DOWNSTREAM)) {
            return Math.max(0, requested.get() - emitted);
        }
        if (key.equals(Attr.BUFFERED)) {
            return (int) (received - emitted);
        }
        return key.equals(Attr.RUN_STYLE) ? Attr.RunStyle.ASYNC : null;
    }

    /** One item, from its arrival to its result. */
    private final class Item implements CoreSubscriber<DeleteResult<ContactId>>, Disposable {

        private final long index;
        private final T item;
        private @Nullable ContactId id;
        private SeenIds.@Nullable First first;
        private boolean maybeSentBefore;
        /** Seen by who cancels, as they are seen by who subscribes: one of the two finds the other. */
        private volatile @Nullable Subscription call;

        private @Nullable DeleteResult<T> result;

        Item(long index, T item) {
            this.index = index;
            this.item = item;
        }

        /** Has the result of a call as its own. */
        void await(Mono<DeleteResult<ContactId>> outcome) {
            calls.add(this);
            outcome.subscribe(this);
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            call = subscription;
            if (calls.isDisposed()) {
                subscription.cancel();
            } else {
                subscription.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(DeleteResult<ContactId> ending) {
            calls.remove(this);
            end(new DeleteResult<>(
                    index, item, id, ending.outcome(), ending.status(), ending.attempts(), ending.elapsed()));
        }

        @Override
        public void onError(Throwable error) {
            if (result != null) {
                Operators.onErrorDropped(error, currentContext());
                return;
            }
            calls.remove(this);
            end(id, broke(error));
        }

        @Override
        public void onComplete() {
            if (result == null) {
                onError(new IllegalStateException("the call ended without an outcome"));
            }
        }

        /** Calls end in outcomes. One that does not has met a fault of ours or of a hook, and nobody knows what it did. */
        private DeleteOutcome broke(Throwable error) {
            return new DeleteOutcome.Failed(new TransportException(
                    id == null ? "(not read)" : id.value(),
                    TransportException.Phase.EXCHANGE,
                    false,
                    false,
                    "the call broke: " + error,
                    error,
                    0,
                    Delivery.UNKNOWN));
        }

        /** Ends without a call. */
        void end(@Nullable ContactId contact, DeleteOutcome outcome) {
            end(new DeleteResult<>(index, item, contact, outcome, null, 0, Duration.ZERO));
        }

        private void end(DeleteResult<T> mine) {
            result = mine;
            SeenIds.First known = first;
            if (known != null) {
                seen.ended(known, mine.outcome());
            }
            ended.offer(this);
            if (known != null) {
                // Only now, so that the first comes out before those that repeat it.
                known.announce();
            }
            drain();
        }

        DeleteResult<T> result() {
            return Objects.requireNonNull(result);
        }

        @Override
        public void dispose() {
            Subscription mine = call;
            if (mine != null) {
                mine.cancel();
            }
        }

        @Override
        public Context currentContext() {
            return subscriber.currentContext();
        }
    }
}
