package dev.closecrm.reactor.bulk;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.Factory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The rules of Reactive Streams, by the kit that comes with them: a run is a publisher of its own and no chain of operators. What
 * the kit skips are rules that it cannot check of any publisher, or that are optional.
 */
public final class BulkRunPublisherTest extends PublisherVerification<DeleteResult<String>> {

    private static final Duration LIMIT = Duration.ofSeconds(3);
    /** For which the kit watches that something does not happen. */
    private static final Duration SILENCE = Duration.ofMillis(50);

    private static final DeleteOutcome DELETED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);

    private final String what;
    private final BulkOptions<String> options;
    private final Function<ContactId, Mono<DeleteResult<ContactId>>> call;

    private BulkRunPublisherTest(
            String what, BulkOptions<String> options, Function<ContactId, Mono<DeleteResult<ContactId>>> call) {
        super(new TestEnvironment(LIMIT.toMillis(), SILENCE.toMillis()));
        this.what = what;
        this.options = options;
        this.call = call;
    }

    /** Results as they come or in order, and calls that end within the request for them or on other threads. */
    @Factory
    public static Object[] publishers() {
        BulkOptions<String> ordered = BulkOptions.<String>builder().ordered().build();
        Function<ContactId, Mono<DeleteResult<ContactId>>> elsewhere =
                id -> here(id).subscribeOn(Schedulers.parallel());
        return new Object[] {
            new BulkRunPublisherTest("as they come, here", BulkOptions.defaults(), BulkRunPublisherTest::here),
            new BulkRunPublisherTest("as they come, elsewhere", BulkOptions.defaults(), elsewhere),
            new BulkRunPublisherTest("in order, here", ordered, BulkRunPublisherTest::here),
            new BulkRunPublisherTest("in order, elsewhere", ordered, elsewhere)
        };
    }

    @Override
    public Publisher<DeleteResult<String>> createPublisher(long elements) {
        return run(Flux.<String, Long>generate(() -> 0L, (next, sink) -> {
            if (next < elements) {
                sink.next("cont_" + next);
            } else {
                sink.complete();
            }
            return next + 1;
        }));
    }

    @Override
    public Publisher<DeleteResult<String>> createFailedPublisher() {
        return run(Flux.error(new IllegalStateException("no rows")));
    }

    private Publisher<DeleteResult<String>> run(Flux<String> ids) {
        return new Runs(id -> id, call, 4, options).results(ids);
    }

    private static Mono<DeleteResult<ContactId>> here(ContactId id) {
        return Mono.just(new DeleteResult<>(0, id, id, DELETED, 200, 1, Duration.ZERO));
    }

    @Override
    public String toString() {
        return what;
    }
}
