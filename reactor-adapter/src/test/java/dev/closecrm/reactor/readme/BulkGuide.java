package dev.closecrm.reactor.readme;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkProgress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The code that docs/bulk.md shows. */
final class BulkGuide {

    private BulkGuide() {}

    /** A message of a queue, as a client of one would hand it over. */
    record Message(String contactId, boolean redelivered, Runnable acknowledge) {
        Mono<Void> acknowledged() {
            return Mono.fromRunnable(acknowledge);
        }
    }

    // GUIDE: a queue
    static Flux<Void> consume(CloseCrmClient closeCrm, Flux<Message> messages) {
        BulkOptions<Message> options = BulkOptions.<Message>builder()
                .maybeSentBefore(Message::redelivered)
                .build();
        return closeCrm.deleteContacts(messages, Message::contactId, options)
                .filter(result -> isDone(result.outcome()))
                .concatMap(result -> result.item().acknowledged());
    }

    static boolean isDone(DeleteOutcome outcome) {
        return outcome.fold(
                deleted -> true,
                notFound -> true,
                failed -> !failed.error().retryable(),
                notAttempted -> false,
                duplicate -> isDone(duplicate.outcome()));
    }
    // GUIDE: end

    // GUIDE: progress
    static BulkOptions<String> reporting(Consumer<String> line) {
        return BulkOptions.<String>builder()
                .progressListener(Duration.ofSeconds(5), progress -> line.accept(inWords(progress)))
                .build();
    }

    static String inWords(BulkProgress progress) {
        return progress.summary().deleted() + " deleted, " + Math.round(progress.perSecond()) + " per second"
                + switch (progress.waitingFor()) {
                    case QUOTA -> ", waiting for quota, " + progress.waitLeft().toSeconds() + " s";
                    case OUTAGE ->
                        ", the service is down, next try in "
                                + progress.waitLeft().toSeconds() + " s";
                    case ANSWERS, ITEMS, DEMAND -> "";
                };
    }
    // GUIDE: end

    // GUIDE: resuming
    static Flux<DeleteResult<String>> resume(
            CloseCrmClient closeCrm, Flux<String> ids, BulkProgress saved, AtomicReference<BulkProgress> toSave) {
        long from = saved.summary().watermark();
        BulkOptions<String> options = BulkOptions.<String>builder()
                // What the earlier run pulled and has no result of may have been sent.
                .maybeSentBefore(id -> true)
                .progressListener(Duration.ofSeconds(1), toSave::set)
                .build();
        Flux<String> rest = ids.index()
                .skip(from)
                .filter(indexed -> saved.endedAbove().stream()
                        .noneMatch(range -> range.first() <= indexed.getT1() && indexed.getT1() <= range.last()))
                .map(indexed -> indexed.getT2());
        return closeCrm.deleteContacts(rest, options);
    }
    // GUIDE: end

    // GUIDE: stopping
    static Flux<DeleteResult<String>> untilToldToStop(
            CloseCrmClient closeCrm, Flux<String> ids, Publisher<?> shutdown) {
        return closeCrm.deleteContacts(
                ids, BulkOptions.<String>builder().stopWhen(shutdown).build());
    }
    // GUIDE: end
}
