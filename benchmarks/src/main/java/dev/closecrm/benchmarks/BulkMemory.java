package dev.closecrm.benchmarks;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * What a bulk run keeps in memory: after each million of ten million ids, asked for a million at a time, what is live on the heap
 * after a collection. Answers come at once, from a process that remembers nothing.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am verify -DskipTests -Djacoco.skip=true -Dmeasure.skip=false \
 *     "-Dmeasure=-Xmx64m dev.closecrm.benchmarks.BulkMemory"
 * }</pre>
 */
public final class BulkMemory {

    private static final int MILLION = 1_000_000;

    private BulkMemory() {}

    /**
     * Prints a line for each million, and fails if the live heap of any is more than a tenth from that of the first.
     *
     * @param arguments how many millions; ten if nothing is said
     * @throws IOException if the server does not start
     * @throws InterruptedException never
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int millions = arguments.length == 0 ? 10 : Integer.parseInt(arguments[0]);
        try (SandboxProcess server = SandboxProcess.start(ForgetfulServer.class);
                CloseCrmClient client = CloseCrmClient.builder()
                        .credentials(Credentials.apiKey(server.apiKey()))
                        .baseUrl(server.baseUrl())
                        .build()) {
            System.out.printf(
                    Locale.ROOT,
                    "-Xmx%d MiB%n%8s %12s %14s%n",
                    Runtime.getRuntime().maxMemory() >> 20,
                    "millions",
                    "live KiB",
                    "deletes per s");
            ByTheMillion results = new ByTheMillion();
            client.deleteContacts(Flux.range(0, millions * MILLION)
                            .map(i -> "cont_bwwjJ7eUgNNQKhbAlLqKXTRJZtLLZTWTmJCDkw" + i))
                    .subscribe(results);
            long first = 0;
            boolean flat = true;
            for (int i = 1; i <= millions; i++) {
                long begun = System.nanoTime();
                results.nextMillion();
                double seconds = (System.nanoTime() - begun) / 1e9;
                long live = live();
                first = i == 1 ? live : first;
                flat &= Math.abs(live - first) <= first / 10;
                System.out.printf(Locale.ROOT, "%8d %12d %14.0f%n", i, live >> 10, MILLION / seconds);
            }
            System.out.println(flat ? "flat within 10 %" : "NOT flat within 10 %");
            System.exit(flat ? 0 : 1);
        }
    }

    private static long live() {
        // The second one takes what the first made collectable, such as what reference queues held.
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Asks for a million results at a time. */
    private static final class ByTheMillion extends BaseSubscriber<DeleteResult<String>> {

        private final BlockingQueue<String> news = new LinkedBlockingQueue<>();
        private int results;

        void nextMillion() throws InterruptedException {
            request(MILLION);
            String heard = news.take();
            if (!heard.equals("million")) {
                throw new IllegalStateException(heard);
            }
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // By the million.
        }

        @Override
        protected void hookOnNext(DeleteResult<String> result) {
            results++;
            if (results % MILLION == 0) {
                news.add("million");
            }
        }

        @Override
        protected void hookOnError(Throwable error) {
            news.add(error.toString());
        }

        @Override
        protected void hookFinally(SignalType type) {
            news.add(type.toString());
        }
    }

    /** Says of everything that it is deleted, and keeps nothing. */
    static final class ForgetfulServer {

        private ForgetfulServer() {}

        /**
         * Serves until its input ends.
         *
         * @param arguments none
         * @throws IOException if the input breaks
         */
        public static void main(String[] arguments) throws IOException {
            DisposableServer server = HttpServer.create()
                    .host("127.0.0.1")
                    .handle((request, response) -> response.sendString(Mono.just("{}")))
                    .bindNow();
            System.out.println("http://127.0.0.1:" + server.port() + " api_key");
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
            server.disposeNow();
        }
    }
}
