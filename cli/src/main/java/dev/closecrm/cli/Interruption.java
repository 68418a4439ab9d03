package dev.closecrm.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What Ctrl-C, SIGTERM and SIGHUP do while a run is under way. The first one stops the run in order: nothing more is sent, deletes
 * in flight may finish for a while, and the results are completed. The next one ends the process at once.
 */
final class Interruption {

    /** A delete has been given up by then, unless its answer is late. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(12);

    /** A signal and the code of a process that it ended. */
    private record Kind(String name, int exitCode) {}

    private static final List<Kind> KINDS = List.of(new Kind("INT", 130), new Kind("TERM", 143), new Kind("HUP", 129));

    private final Runnable onFirst;
    private final Runnable onTooLong;
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final AtomicReference<@Nullable Kind> first = new AtomicReference<>();
    private volatile @Nullable Disposable patience;

    /**
     * Prepares to be interrupted.
     *
     * @param onFirst tells the person
     * @param onTooLong gives up what is still in flight
     */
    Interruption(Runnable onFirst, Runnable onTooLong) {
        this.onFirst = onFirst;
        this.onTooLong = onTooLong;
    }

    /** From now on signals are heard. */
    void listen() {
        for (Kind kind : KINDS) {
            Signals.on(kind.name(), () -> heard(kind));
        }
    }

    private void heard(Kind kind) {
        if (!first.compareAndSet(null, kind)) {
            // No hooks, no waiting: what has been done is with the operating system already.
            Runtime.getRuntime().halt(kind.exitCode());
        }
        stop.tryEmitEmpty();
        patience = Mono.delay(LONGEST_WAIT).subscribe(any -> onTooLong.run());
        onFirst.run();
    }

    /** Completes when the run is to stop. */
    Mono<Void> stop() {
        return stop.asMono();
    }

    /** The exit code, if there was a signal. */
    @Nullable Integer exitCode() {
        Kind kind = first.get();
        return kind == null ? null : Integer.valueOf(kind.exitCode());
    }

    /** The run has ended. A further signal still ends the process at once. */
    void over() {
        Disposable waiting = patience;
        if (waiting != null) {
            waiting.dispose();
        }
    }
}
