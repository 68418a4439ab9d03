package dev.closecrm.cli;

import dev.closecrm.reactor.CloseCrmClient;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What an interrupt (Ctrl-C, SIGTERM) does to a run: the client takes no further calls, those in flight may finish, and the
 * process stays until the run has ended, so that the results file and the summary are complete.
 */
final class Interruption {

    private static final long LONGEST_WAIT_SECONDS = 20;

    private final CloseCrmClient client;
    private final CountDownLatch ended = new CountDownLatch(1);

    private Interruption(CloseCrmClient client) {
        this.client = client;
    }

    /** Runs, and ends the run in an orderly way should the process be interrupted meanwhile. */
    static <R> R endsInOrder(CloseCrmClient client, Supplier<R> run) {
        Interruption interruption = new Interruption(client);
        Thread hook = new Thread(interruption::endRun, "closecrm-interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run.get();
        } finally {
            interruption.ended.countDown();
            remove(hook);
        }
    }

    private void endRun() {
        client.disposeLater().subscribe();
        try {
            if (!ended.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
                client.dispose();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, and the hook is what waited for this.
        }
    }
}
