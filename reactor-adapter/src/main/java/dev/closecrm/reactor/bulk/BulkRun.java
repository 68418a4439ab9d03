package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteResult;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Deletes the contacts of a stream of items; each subscription is a run of its own, and its {@link RunSubscription} does the work.
 *
 * @param <T> the type of item
 */
public final class BulkRun<T> extends Flux<DeleteResult<T>> {

    private final Publisher<? extends T> items;
    private final Function<? super T, String> contactId;
    private final RunClient client;
    private final int concurrency;
    private final BulkOptions<T> options;
    private final Scheduler timer;
    private final LongSupplier nanoTime;

    private BulkRun(
            Publisher<? extends T> items,
            Function<? super T, String> contactId,
            RunClient client,
            int concurrency,
            BulkOptions<T> options,
            Scheduler timer,
            LongSupplier nanoTime) {
        this.items = items;
        this.contactId = contactId;
        this.client = client;
        this.concurrency = concurrency;
        this.options = options;
        this.timer = timer;
        this.nanoTime = nanoTime;
    }

    /**
     * Prepares runs.
     *
     * @param items the items
     * @param contactId reads the id from an item
     * @param client makes the calls
     * @param concurrency the most items in flight
     * @param options how to go about it
     * @param timer carries out every wait of the run itself
     * @param nanoTime what has passed on it, as {@code System.nanoTime()}
     * @param <T> the type of item
     * @return a result for each item that is pulled
     */
    public static <T> Flux<DeleteResult<T>> of(
            Publisher<? extends T> items,
            Function<? super T, String> contactId,
            RunClient client,
            int concurrency,
            BulkOptions<T> options,
            Scheduler timer,
            LongSupplier nanoTime) {
        return onAssembly(new BulkRun<>(items, contactId, client, concurrency, options, timer, nanoTime));
    }

    @Override
    public void subscribe(CoreSubscriber<? super DeleteResult<T>> subscriber) {
        Flux.<T>from(items)
                .subscribe(new RunSubscription<>(subscriber, contactId, client, concurrency, options, timer, nanoTime));
    }
}
