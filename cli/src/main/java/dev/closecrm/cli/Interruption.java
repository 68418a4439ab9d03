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

    /** What a further signal waits for, so that it still ends a process that hangs. */
    private static final Duration LONGEST_TIDYING = Duration.ofMillis(500);

    private final Runnable onFirst;
    private final Runnable onTooLong;
    private final Runnable onSecond;
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final AtomicReference<@Nullable Kind> first = new AtomicReference<>();
    private @Nullable Disposable patience;
    private boolean over;

    /**
     * Prepares to be interrupted.
     *
     * @param onFirst tells the person
     * @param onTooLong gives up what is still in flight
     * @param onSecond takes away what must not stay behind
     */
    Interruption(Runnable onFirst, Runnable onTooLong, Runnable onSecond) {
        this.onFirst = onFirst;
        this.onTooLong = onTooLong;
        this.onSecond = onSecond;
    }

    /** From now on signals are heard. */
    void listen() {
        for (Kind kind : KINDS) {
            Signals.on(kind.name(), () -> heard(kind.name(), kind.exitCode()));
        }
    }

    void heard(String name, int exitCode) {
        if (first.compareAndSet(null, new Kind(name, exitCode))) {
            stopInOrder();
        } else {
            tidyUp();
            // No hooks, no waiting: what has been done is with the operating system already.
            Runtime.getRuntime().halt(exitCode);
        }
    }

    /** Told before anything stops, and never behind the last words of a run. */
    private synchronized void stopInOrder() {
        if (!over) {
            onFirst.run();
            patience = Mono.delay(LONGEST_WAIT).subscribe(any -> onTooLong.run());
            stop.tryEmitEmpty();
        }
    }

    private void tidyUp() {
        Thread tidying = new Thread(onSecond, "closecrm-interrupted-again");
        tidying.setDaemon(true);
        tidying.start();
        try {
            tidying.join(LONGEST_TIDYING.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
    synchronized void over() {
        over = true;
        if (patience != null) {
            patience.dispose();
        }
    }
}
