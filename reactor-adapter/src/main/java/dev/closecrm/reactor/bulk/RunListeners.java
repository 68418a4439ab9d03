package dev.closecrm.reactor.bulk;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Tells the user's listeners, one call after the other on a thread that may block. The run never waits for them, and what they
 * throw is theirs.
 */
final class RunListeners {

    private static final Logger LOG = LoggerFactory.getLogger(RunListeners.class);

    /** Longer than a listener that does not block would take. */
    private static final Duration SLOW = Duration.ofMillis(500);

    private final boolean hearsOutages;
    private final boolean anybody;
    private final Consumer<? super OutageEvent> ofOutages;
    private final Consumer<? super BulkProgress> ofProgress;
    private final long intervalNanos;
    /** None where nobody listens, and before the run begins. */
    private Scheduler.@Nullable Worker worker;

    private boolean saidSlow;
    private volatile boolean over;

    RunListeners(BulkOptions<?> options) {
        this.ofOutages = options.outageListener();
        this.ofProgress = options.progressListener();
        this.intervalNanos = options.progressInterval().toNanos();
        this.hearsOutages = !ofOutages.equals(BulkOptions.NOBODY);
        this.anybody = intervalNanos > 0 || hearsOutages;
    }

    /** The run begins. Reports its progress at the interval of the options. */
    void begin(Supplier<BulkProgress> progress) {
        if (anybody) {
            worker = Schedulers.boundedElastic().createWorker();
            reportLater(progress);
        }
    }

    void outage(OutageEvent event) {
        if (hearsOutages) {
            submit(() -> tell("outages", ofOutages, () -> event), 0);
        }
    }

    private void reportLater(Supplier<BulkProgress> progress) {
        if (intervalNanos > 0) {
            submit(
                    () -> {
                        tell("progress", ofProgress, progress);
                        reportLater(progress);
                    },
                    intervalNanos);
        }
    }

    /** Reports once more, and tells nothing after it. */
    void end(Supplier<BulkProgress> progress) {
        Scheduler.Worker mine = worker;
        if (mine == null) {
            return;
        }
        if (intervalNanos > 0) {
            BulkProgress last = progress.get();
            submit(() -> tell("progress", ofProgress, () -> last), 0);
        }
        submit(mine::dispose, 0);
    }

    /** Tells nothing any more. */
    void dispose() {
        Scheduler.Worker mine = worker;
        if (mine != null) {
            over = true;
            // Not at once: that would interrupt a listener in the middle of its work.
            submit(mine::dispose, 0);
        }
    }

    private <E> void tell(String what, Consumer<? super E> listener, Supplier<E> event) {
        if (over) {
            return;
        }
        long begun = System.nanoTime();
        try {
            listener.accept(event.get());
        } catch (Throwable e) {
            Exceptions.throwIfJvmFatal(e);
            LOG.warn("a listener to {} threw; the run goes on", what, e);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        if (!saidSlow && took.compareTo(SLOW) > 0) {
            saidSlow = true;
            LOG.warn(
                    "a listener to {} took {} ms; the run goes on, and what it should hear meanwhile comes late",
                    what,
                    took.toMillis());
        }
    }

    private void submit(Runnable task, long delayNanos) {
        Scheduler.Worker mine = worker;
        if (mine == null) {
            return;
        }
        try {
            mine.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The run is over, or was cancelled in this moment.
        }
    }
}
