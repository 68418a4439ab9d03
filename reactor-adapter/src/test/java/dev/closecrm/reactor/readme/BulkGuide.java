package dev.closecrm.reactor.readme;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkProgress;
import java.time.Duration;
import java.util.List;
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
    record Todo(String contactId, boolean maybeSent) {}

    /** What a run has left of its items. {@code unsaved}: how many it may have pulled after it was saved. */
    static Flux<Todo> left(Flux<Todo> items, BulkProgress saved, long unsaved) {
        long pulled = saved.summary().nextIndex() + unsaved;
        return items.index()
                .filter(indexed -> !hasEnded(saved, indexed.getT1()))
                .map(indexed ->
                        indexed.getT1() < pulled ? new Todo(indexed.getT2().contactId(), true) : indexed.getT2());
    }

    static boolean hasEnded(BulkProgress saved, long index) {
        return index < saved.summary().watermark()
                || saved.endedAbove().stream().anyMatch(range -> range.first() <= index && index <= range.last());
    }

    static Flux<DeleteResult<Todo>> goOn(
            CloseCrmClient closeCrm, Flux<String> ids, List<BulkProgress> earlierRuns, Consumer<BulkProgress> save) {
        Flux<Todo> items = ids.map(id -> new Todo(id, false));
        for (BulkProgress saved : earlierRuns) {
            items = left(items, saved, 1_000);
        }
        return closeCrm.deleteContacts(
                items,
                Todo::contactId,
                BulkOptions.<Todo>builder()
                        .maybeSentBefore(Todo::maybeSent)
                        .progressListener(Duration.ofSeconds(1), save)
                        .build());
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
