package dev.closecrm.cli;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.progress.FailureLog;
import dev.closecrm.cli.results.Earlier;
import dev.closecrm.cli.results.JsonLines;
import dev.closecrm.cli.results.ResultLine;
import dev.closecrm.cli.results.RunFiles;
import dev.closecrm.cli.results.UnwritableException;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Schedulers;

/**
 * One run over the inputs that earlier runs have left. Takes each result on the calling thread and hands it on, so that nothing
 * behind it has to be thread-safe. An input is read when the client asks for it, and is in the journal before it is handed over.
 * However the run ends, every input is accounted for exactly once.
 */
final class DeleteRun {

    /**
     * How many results are asked for, for each delete in flight: as many may be in flight or wait to be written. More is asked for
     * when three quarters of them are written, so with fewer the client would be held up; with more a killed run would leave more
     * that has to be asked again.
     */
    static final int ASKED_FOR_EACH_IN_FLIGHT = 4;

    private final CloseCrmClient client;
    private final Inputs inputs;
    private final int count;
    private final BulkOptions<Input> options;
    private final Summary summary;
    private final FailureLog failures;
    private final @Nullable RunFiles files;
    private final @Nullable JsonLines json;

    private final BitSet settled;
    private int lastBegun = -1;
    private @Nullable RuntimeException unwritable;
    private JsonLines.@Nullable GoneException unread;
    private @Nullable Throwable end;

    DeleteRun(
            CloseCrmClient client,
            Inputs inputs,
            int count,
            BulkOptions<Input> options,
            Summary summary,
            FailureLog failures,
            @Nullable RunFiles files,
            @Nullable JsonLines json) {
        this.client = client;
        this.inputs = inputs;
        this.count = count;
        this.options = options;
        this.summary = summary;
        this.failures = failures;
        this.files = files;
        this.json = json;
        Earlier earlier = files == null ? Earlier.none() : files.earlier();
        this.settled = (BitSet) earlier.settled().clone();
    }

    /**
     * Runs, and blocks until it is over.
     *
     * @return what stopped the run early, or null if it went to its end or was stopped in order
     */
    @Nullable BulkAbortedException run() {
        int askedFor = ASKED_FOR_EACH_IN_FLIGHT * options.concurrency().orElseThrow();
        // As signals: the stream of plain results would throw the error that ends a run before it had handed out the
        // results that came in front of it.
        try (Stream<Signal<DeleteResult<Input>>> signals = client.deleteContacts(source(), Input::id, options)
                .materialize()
                .toStream(askedFor)) {
            signals.forEachOrdered(this::take);
        } catch (RuntimeException e) {
            end = e;
        }
        if (end != null && !(end instanceof BulkAbortedException)) {
            settleTheRest(lastBegun, "the run broke off: " + reason(end));
            throw Exceptions.propagate(end);
        }
        // What a stopped run had pulled has its result already, so the rest was never sent.
        settleTheRest(-1, "");
        if (unwritable != null) {
            throw unwritable;
        }
        if (unread != null) {
            throw unread;
        }
        return (BulkAbortedException) end;
    }

    private static String reason(Throwable error) {
        String message = error.getMessage();
        return message == null ? error.getClass().getSimpleName() : message;
    }

    private void take(Signal<DeleteResult<Input>> signal) {
        DeleteResult<Input> result = signal.get();
        if (result != null) {
            settle(result);
        } else if (signal.isOnError()) {
            end = signal.getThrowable();
        }
    }

    /** Read on a thread that may block, as the client asks for it and never ahead. */
    private Flux<Input> source() {
        return Flux.generate(inputs::read, this::handOver, Inputs.Pass::close)
                .subscribeOn(Schedulers.boundedElastic(), true);
    }

    private Inputs.Pass handOver(Inputs.Pass pass, SynchronousSink<Input> client) {
        Input input = pass.next();
        while (input != null && done(input)) {
            input = pass.next();
        }
        if (input == null) {
            client.complete();
        } else {
            if (files != null) {
                files.begin(input);
            }
            lastBegun = input.index();
            client.next(input);
        }
        return pass;
    }

    private boolean done(Input input) {
        return files != null && files.earlier().settled().get(input.index());
    }

    private void settle(DeleteResult<Input> result) {
        settled.set(result.item().index());
        summary.add(result.outcome().kind());
        write(ResultLine.of(result));
        if (result.outcome() instanceof DeleteOutcome.Failed failed) {
            if (!StopReason.isWhy(failed.error())) {
                failures.add(result.item().place(), ResultLine.message(failed.error()));
            }
        }
    }

    /** Accounts for every input without a result: lost if it is not above the given one, not attempted otherwise. */
    private void settleTheRest(int lastLost, String why) {
        if (settled.cardinality() == count) {
            return;
        }
        try (Inputs.Pass pass = inputs.readUpToAChange()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                if (settled.get(input.index())) {
                    continue;
                }
                boolean lost = input.index() <= lastLost;
                settled.set(input.index());
                summary.add(lost ? DeleteOutcome.Kind.FAILED : DeleteOutcome.Kind.NOT_ATTEMPTED);
                if (lost) {
                    failures.add(input.place(), why);
                }
                write(lost ? ResultLine.lost(input, why) : ResultLine.notAttempted(input));
            }
        } catch (Inputs.ChangedException e) {
            // They can be counted, but not named any more.
            for (int index = settled.nextClearBit(0); index < count; index = settled.nextClearBit(index + 1)) {
                summary.add(index <= lastLost ? DeleteOutcome.Kind.FAILED : DeleteOutcome.Kind.NOT_ATTEMPTED);
            }
            unwritable = unwritable == null ? e : unwritable;
        }
    }

    /** A run that cannot be accounted for ends in order, is still counted to its end, and writes what can be written. */
    private void write(List<String> line) {
        try {
            if (files != null && unwritable == null) {
                files.write(line);
            }
        } catch (UnwritableException e) {
            unwritable = e;
            client.disposeLater().subscribe();
        }
        try {
            if (json != null && unread == null) {
                json.write(line);
            }
        } catch (JsonLines.GoneException e) {
            unread = e;
            client.disposeLater().subscribe();
        }
    }
}
