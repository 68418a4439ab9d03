package dev.closecrm.reactor.bulk;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteResult;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Runs whose calls are made by the test. */
record Runs(
        Function<String, String> contactId,
        Function<ContactId, Mono<DeleteResult<ContactId>>> call,
        int concurrency,
        BulkOptions<String> options) {

    Flux<DeleteResult<String>> results(Publisher<String> items) {
        return BulkRun.of(items, contactId, new Client(), concurrency, options);
    }

    private final class Client implements RunClient {

        @Override
        public Mono<DeleteResult<ContactId>> delete(
                ContactId id, boolean maybeSentBefore, RunConditions conditions, Duration timeout) {
            return call.apply(id);
        }

        @Override
        public Scheduler timer() {
            return Schedulers.parallel();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public boolean shortOfQuota() {
            return false;
        }

        @Override
        public Duration quotaIn() {
            return Duration.ZERO;
        }

        @Override
        public Duration waitedForQuota() {
            return Duration.ZERO;
        }
    }
}
