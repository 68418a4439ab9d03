package dev.closecrm.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import reactor.core.publisher.Flux;

/**
 * What a delete costs the process: CPU time of all threads, the garbage collector's included, and bytes allocated by all threads.
 * A fixed number of deletes, the client and its twin in turn, so that the ratio holds when the machine's speed drifts.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am verify -DskipTests -Djacoco.skip=true -Dmeasure.skip=false \
 *     "-Dmeasure=dev.closecrm.benchmarks.DeleteCost bulk"
 * }</pre>
 *
 * <p>{@code single} in place of {@code bulk}: one after the other, each waited for.
 */
public final class DeleteCost {

    private static final int ROUNDS = 5;
    private static final int RUN = 1_000;

    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Clients clients;
    private final boolean bulk;

    private DeleteCost(Clients clients, boolean bulk) {
        this.clients = clients;
        this.bulk = bulk;
    }

    /**
     * Prints a line for each round.
     *
     * @param arguments {@code single} or {@code bulk}
     * @throws IOException if the server does not start
     */
    public static void main(String[] arguments) throws IOException {
        boolean bulk = arguments.length == 0 || arguments[0].equals("bulk");
        Clients clients = new Clients();
        clients.start();
        try {
            new DeleteCost(clients, bulk).measure(bulk ? 200_000 : 50_000);
        } finally {
            clients.stop();
        }
    }

    private void measure(int deletes) {
        run(true, deletes);
        run(false, deletes);
        System.out.printf(Locale.ROOT, "%-6s %18s %18s%n", bulk ? "bulk" : "single", "closecrm us / B", "bare us / B");
        for (int round = 1; round <= ROUNDS; round++) {
            Cost ours = cost(true, deletes);
            Cost bare = cost(false, deletes);
            System.out.printf(
                    Locale.ROOT,
                    "%-6d %9.1f / %6.0f %9.1f / %6.0f%n",
                    round,
                    ours.micros,
                    ours.bytes,
                    bare.micros,
                    bare.bytes);
        }
    }

    private record Cost(double micros, double bytes) {}

    private Cost cost(boolean ours, int deletes) {
        long cpu = system.getProcessCpuTime();
        long bytes = allocated();
        run(ours, deletes);
        return new Cost((system.getProcessCpuTime() - cpu) / 1e3 / deletes, (allocated() - bytes) / (double) deletes);
    }

    /** Of the threads that live; those of a client do as long as it does. */
    private long allocated() {
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }

    private void run(boolean ours, int deletes) {
        for (int done = 0; done < deletes; done += bulk ? RUN : 1) {
            if (!bulk) {
                single(ours);
            } else if (ours) {
                clients.client()
                        .deleteContacts(Flux.range(0, RUN).map(i -> clients.id(clients.next())))
                        .blockLast();
            } else {
                Flux.range(0, RUN)
                        .flatMap(i -> clients.bareDelete(clients.next()).thenReturn(i), Clients.CONNECTIONS)
                        .blockLast();
            }
        }
    }

    private void single(boolean ours) {
        if (ours) {
            clients.client().deleteContact(clients.id(clients.next())).block();
        } else {
            clients.bareDelete(clients.next()).block();
        }
    }
}
