package dev.closecrm.reactor.bulk;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.InvalidContactIdException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One run over a stream of items: pulls an item when there is room, sends it or says why not, and ends early on an answer that
 * no other item could survive. Made for one subscription.
 *
 * @param <T> the type of item
 */
public final class BulkRun<T> {

    private final Function<? super T, String> contactId;
    private final Function<ContactId, Mono<DeleteResult<ContactId>>> call;
    private final int concurrency;
    private final StopPolicy stopPolicy;

    private final SeenIds seen = new SeenIds();
    private final Tally tally = new Tally();
    private final AtomicReference<@Nullable StopRule> stop = new AtomicReference<>();
    private final Sinks.Empty<Void> stopPulling = Sinks.empty();

    /**
     * Prepares a run.
     *
     * @param contactId reads the id from an item
     * @param call makes one call
     * @param concurrency the most items in flight
     * @param options when it ends early
     */
    public BulkRun(
            Function<? super T, String> contactId,
            Function<ContactId, Mono<DeleteResult<ContactId>>> call,
            int concurrency,
            BulkOptions<T> options) {
        this.stopPolicy = new StopPolicy(options);
        this.contactId = contactId;
        this.call = call;
        this.concurrency = concurrency;
    }

    /**
     * Runs.
     *
     * @param items the items
     * @return a result for each item, in the order in which the calls end
     */
    public Flux<DeleteResult<T>> results(Publisher<? extends T> items) {
        return Flux.<T>from(items)
                .takeUntilOther(stopPulling.asMono())
                .index()
                // Delays an error of the source until what was sent before it has its result.
                .flatMapDelayError(indexed -> one(indexed.getT1(), indexed.getT2()), concurrency, 1)
                .concatWith(Mono.defer(this::endIfStopped));
    }

    private Mono<DeleteResult<T>> one(long index, T item) {
        return outcome(index, item).doOnNext(this::settle);
    }

    private Mono<DeleteResult<T>> outcome(long index, T item) {
        ContactId id;
        try {
            id = ContactId.of(readId(item));
        } catch (InvalidContactIdException e) {
            return Mono.just(unsent(index, item, null, new DeleteOutcome.Failed(e)));
        }
        StopRule broken = stop.get();
        if (broken != null) {
            return Mono.just(unsent(index, item, id, new DeleteOutcome.NotAttempted(broken.forTheRest())));
        }
        SeenIds.First first = seen.firstOf(id, index);
        if (first.index() != index) {
            return first.outcome()
                    .map(outcome -> unsent(index, item, id, new DeleteOutcome.Duplicate(first.index(), outcome)));
        }
        return call.apply(id)
                .doOnNext(result -> seen.ended(first, result.outcome()))
                .map(result -> new DeleteResult<>(
                        index, item, id, result.outcome(), result.status(), result.attempts(), result.elapsed()))
                // Only then, so that the first comes out before those that repeat it.
                .doAfterTerminate(first::announce);
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

    private DeleteResult<T> unsent(long index, T item, @Nullable ContactId id, DeleteOutcome outcome) {
        return new DeleteResult<>(index, item, id, outcome, null, 0, Duration.ZERO);
    }

    private void settle(DeleteResult<T> result) {
        tally.add(result.index(), result.outcome());
        StopRule broken = stopPolicy.after(result.outcome());
        if (broken != null && stop.compareAndSet(null, broken)) {
            stopPulling.tryEmitEmpty();
        }
    }

    private Mono<DeleteResult<T>> endIfStopped() {
        StopRule broken = stop.get();
        return broken == null
                ? Mono.empty()
                : Mono.error(new BulkAbortedException(broken.reason(), tally.summary(), broken.cause()));
    }
}
