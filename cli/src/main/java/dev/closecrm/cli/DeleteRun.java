package dev.closecrm.cli;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;

/**
 * One run over a list of ids. Takes each result on the calling thread and hands it on, so that nothing behind it has to be
 * thread-safe; what the client pulls is bounded by what this thread has taken. However the run ends, every id is accounted for
 * exactly once.
 */
final class DeleteRun {

    private final CloseCrmClient client;
    private final List<String> ids;
    private final BulkOptions<String> options;
    private final Summary summary;
    private final FailureLog failures;
    private final @Nullable ResultsFile file;

    private final AtomicInteger pulled = new AtomicInteger();
    private final BitSet settled = new BitSet();
    private ResultsFile.@Nullable UnwritableException unwritable;
    private @Nullable Throwable ended;

    DeleteRun(
            CloseCrmClient client,
            List<String> ids,
            BulkOptions<String> options,
            Summary summary,
            FailureLog failures,
            @Nullable ResultsFile file) {
        this.client = client;
        this.ids = ids;
        this.options = options;
        this.summary = summary;
        this.failures = failures;
        this.file = file;
    }

    /**
     * Runs, and blocks until it is over.
     *
     * @return what stopped the run early, or null if it went to its end
     */
    @Nullable BulkAbortedException run() {
        // As signals: the stream of plain results would throw the error that ends a run before it had handed out the
        // results
        // that came in front of it.
        try (Stream<Signal<DeleteResult<String>>> signals =
                client.deleteContacts(source(), options).materialize().toStream()) {
            signals.forEachOrdered(this::take);
        } catch (RuntimeException e) {
            ended = e;
        }
        if (ended != null && !(ended instanceof BulkAbortedException)) {
            settleTheRest(pulled.get(), "the run broke off: " + ended);
            throw Exceptions.propagate(ended);
        }
        // What a stopped run had pulled has its result already, so the rest was never sent.
        settleTheRest(0, "");
        if (unwritable != null) {
            throw unwritable;
        }
        return (BulkAbortedException) ended;
    }

    private void take(Signal<DeleteResult<String>> signal) {
        DeleteResult<String> result = signal.get();
        if (result != null) {
            settle(result);
        } else if (signal.isOnError()) {
            ended = signal.getThrowable();
        }
    }

    private Flux<String> source() {
        return Flux.fromIterable(ids).doOnNext(id -> pulled.incrementAndGet());
    }

    private void settle(DeleteResult<String> result) {
        settled.set((int) result.index());
        summary.add(result.outcome().kind());
        write(ResultLine.of(result));
        if (result.outcome() instanceof DeleteOutcome.Failed failed) {
            if (!StopReason.isWhy(failed.error())) {
                failures.add(result.index(), ResultLine.message(failed.error()));
            }
        }
    }

    /** Accounts for every id without a result: lost if it is one of the first so many, not attempted otherwise. */
    private void settleTheRest(int begun, String why) {
        for (int index = settled.nextClearBit(0); index < ids.size(); index = settled.nextClearBit(index + 1)) {
            boolean lost = index < begun;
            summary.add(lost ? DeleteOutcome.Kind.FAILED : DeleteOutcome.Kind.NOT_ATTEMPTED);
            if (lost) {
                failures.add(index, why);
            }
            String id = ids.get(index);
            write(lost ? ResultLine.lost(index, id, why) : ResultLine.notAttempted(index, id));
        }
    }

    /** A run that cannot be accounted for in its file ends in order, and is still counted to its end. */
    private void write(List<String> line) {
        if (file == null || unwritable != null) {
            return;
        }
        try {
            file.write(line);
        } catch (ResultsFile.UnwritableException e) {
            unwritable = e;
            client.disposeLater().subscribe();
        }
    }
}
