package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteResult;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;

/**
 * Deletes the contacts of a stream of items; each subscription is a run of its own, and its {@link RunSubscription} does the work.
 *
 * @param <T> the type of item
 */
public final class BulkRun<T> extends FluxOperator<T, DeleteResult<T>> {

    final Function<? super T, String> contactId;
    final RunClient client;
    final int concurrency;
    final BulkOptions<T> options;

    private BulkRun(
            Flux<T> items,
            Function<? super T, String> contactId,
            RunClient client,
            int concurrency,
            BulkOptions<T> options) {
        super(items);
        this.contactId = contactId;
        this.client = client;
        this.concurrency = concurrency;
        this.options = options;
    }

    /**
     * Prepares runs.
     *
     * @param items the items
     * @param contactId reads the id from an item
     * @param client makes the calls
     * @param concurrency the most items in flight
     * @param options how to go about it
     * @param <T> the type of item
     * @return a result for each item that is pulled
     */
    public static <T> Flux<DeleteResult<T>> of(
            Publisher<? extends T> items,
            Function<? super T, String> contactId,
            RunClient client,
            int concurrency,
            BulkOptions<T> options) {
        return onAssembly(new BulkRun<>(Flux.from(items), contactId, client, concurrency, options));
    }

    @Override
    public void subscribe(CoreSubscriber<? super DeleteResult<T>> subscriber) {
        source.subscribe(new RunSubscription<>(subscriber, this));
    }

    @Override
    public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
        return key.equals(Attr.RUN_STYLE) ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
    }
}
