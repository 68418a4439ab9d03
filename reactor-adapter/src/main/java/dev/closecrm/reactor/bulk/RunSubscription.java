package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One run. Pulls an item when there is a free slot and its subscriber has asked for a result, has {@link RunItem} see to it, and
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
    private final int concurrency;

    // What its items need.
    final Function<? super T, String> contactId;
    final RunClient client;
    final BulkOptions<T> options;
    final RunConditions conditions;
    final SeenIds seen;
    final Disposable.Composite calls = Disposables.composite();

    private final RunListeners listeners;
    private final RunMeter meter;
    private final Tally tally = new Tally();
    private final StopPolicy stopPolicy;

    /** Items that have ended and that the drain has not looked at. */
    private final Queue<RunItem<T>> ended =
            Queues.<RunItem<T>>unboundedMultiproducer().get();
    /** Calls of the drain that it has not answered; the first one is answered once the subscriber has its subscription. */
    private final AtomicInteger wip = new AtomicInteger(1);

    private final AtomicLong requested = new AtomicLong();
    private @Nullable Subscription source;
    private @Nullable Disposable trigger;

    /** How many items have arrived; written where they arrive. */
    private volatile long received;

    private volatile boolean sourceDone;
    private volatile boolean stopRequested;
    private volatile boolean cancelled;
    private volatile boolean terminated;
    /** The first of what went wrong with the source, the trigger or the subscriber. */
    private volatile @Nullable Throwable failure;

    // Written by the drain alone.

    /** How many items were asked of the source. */
    private volatile long asked;
    /** How many of those that arrived have ended. */
    private volatile long settled;

    /** How many results have been handed on. */
    private volatile long emitted;

    private final @Nullable InOrder<T> inOrder;

    private @Nullable StopRule brokenRule;

    RunSubscription(CoreSubscriber<? super DeleteResult<T>> subscriber, BulkRun<T> run) {
        this.subscriber = subscriber;
        this.concurrency = run.concurrency;
        this.contactId = run.contactId;
        this.client = run.client;
        this.options = run.options;
        this.listeners = new RunListeners(options);
        this.conditions = new RunConditions(new OutageHold(options.outageTimeout(), client.timer(), listeners::outage));
        this.meter = new RunMeter(tally, conditions, client);
        this.seen = new SeenIds(options.rememberedIds());
        this.stopPolicy = new StopPolicy(options);
        this.inOrder = options.ordered() ? new InOrder<>(2 * concurrency) : null;
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
        listeners.begin(this::progress);
        subscriber.onSubscribe(this);
        drainLoop();
    }

    @Override
    public void onNext(T item) {
        Objects.requireNonNull(item, "item (Reactive Streams 2.13)");
        if (sourceDone) {
            Operators.onNextDropped(item, currentContext());
            return;
        }
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
        new RunItem<>(this, index, item).begin();
    }

    /** The source does not wait to be asked. Nobody has asked for these results either. */
    private void overflow(T item) {
        Operators.onDiscard(item, currentContext());
        if (conditions.stopped()) {
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
        if (terminated || cancelled) {
            return;
        }
        if (n <= 0) {
            // Who breaks the rules hears of it once what is in flight is reported: it was asked for by the rules.
            stopForError(
                    new IllegalArgumentException("requested " + n + ", must be at least 1 (Reactive Streams 3.9)"));
        } else {
            requested.accumulateAndGet(n, Operators::addCap);
            drain();
        }
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

    // What the drain does.

    /** Takes an item that has its result; {@link #drain} has to follow. */
    void ended(RunItem<T> item) {
        ended.offer(item);
    }

    void drain() {
        if (wip.getAndIncrement() == 0) {
            drainLoop();
        }
    }

    private void drainLoop() {
        int missed = 1;
        do {
            if (terminated || cancelled) {
                discardTheRest();
            } else {
                step();
            }
            missed = wip.addAndGet(-missed);
        } while (missed != 0);
    }

    /** What has a result that nobody hears of; what is in flight discards itself. */
    private void discardTheRest() {
        for (RunItem<T> item = ended.poll(); item != null; item = ended.poll()) {
            item.discard();
        }
        for (DeleteResult<T> held = pollAny(); held != null; held = pollAny()) {
            Operators.onDiscard(held.item(), currentContext());
        }
    }

    private @Nullable DeleteResult<T> pollAny() {
        return inOrder == null ? null : inOrder.pollAny();
    }

    private void step() {
        if (stopRequested) {
            stopPulling(DeleteOutcome.Reason.STOPPED);
        }
        while (!cancelled) {
            RunItem<T> item = ended.poll();
            if (item == null) {
                break;
            }
            settle(item);
        }
        boolean noMore = sourceDone || conditions.stopped();
        if (cancelled) {
            // Looked at last, since cancelling stops the calls as well, and is not a run's end.
            return;
        }
        if (noMore && settled == received) {
            finish();
        } else if (!noMore) {
            pull();
        }
    }

    private void settle(RunItem<T> item) {
        long before = settled;
        DeleteResult<T> result = item.result();
        boolean cutShort = conditions.stopped() || conditions.hold().gaveUp();
        tally.add(result.index(), result.outcome(), cutShort);
        settled = before + 1;
        StopRule rule = conditions.hold().gaveUp()
                ? new StopRule(
                        BulkAbortedException.Reason.OUTAGE, conditions.hold().cause())
                : stopPolicy.after(result.outcome(), item.maybeSentBefore());
        if (rule != null && brokenRule == null && !conditions.stopped()) {
            brokenRule = rule;
            stopPulling(rule.forTheRest());
        }
        emit(result);
    }

    private void emit(DeleteResult<T> result) {
        if (inOrder == null) {
            handOn(result);
            return;
        }
        inOrder.add(result);
        while (!cancelled) {
            DeleteResult<T> next = inOrder.poll();
            if (next == null) {
                break;
            }
            handOn(next);
        }
    }

    private void handOn(DeleteResult<T> result) {
        long before = emitted;
        emitted = before + 1;
        subscriber.onNext(result);
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
        if (inOrder != null) {
            more = Math.min(more, inOrder.most() - (now - emitted));
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
        StopRule rule = brokenRule;
        if (rule != null && options.onAbort() == BulkOptions.OnAbort.ERROR) {
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
            long all = requested.get();
            return all == Long.MAX_VALUE ? all : Math.max(0, all - emitted);
        }
        if (key.equals(Attr.BUFFERED)) {
            return (int) (settled - emitted);
        }
        return key.equals(Attr.RUN_STYLE) ? Attr.RunStyle.ASYNC : null;
    }
}
