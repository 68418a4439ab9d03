package dev.closecrm.benchmarks.quota;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.RateLimit;
import dev.closecrm.sandbox.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How long single calls wait while a bulk run of the same client uses up the quota: 100 requests per 5 s, each answer held back for
 * 40 ms, over TCP.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am verify -DskipTests -Djacoco.skip=true -Dmeasure.skip=false \
 *     "-Dmeasure=dev.closecrm.benchmarks.quota.SingleCallWait"
 * }</pre>
 *
 * <p>The calls begin at random moments, a Poisson process. The service could serve one at once if its window had room then, and
 * else at the window's end: until there its slot is the service's doing, and what a call takes beyond it is the client's. Takes two
 * minutes, prints percentiles, and exits with 1 if the 99th of what is the client's is over 100 ms.
 */
public final class SingleCallWait {

    private static final int LIMIT = 100;
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final Duration LATENCY = Duration.ofMillis(40);
    private static final double CALLS_PER_SECOND = 4;
    private static final int CALLS = 400;
    private static final Duration MOST_BEYOND_SLOT = Duration.ofMillis(100);

    /** One call: when it began by the server's clock, and how long it took. */
    private record Call(Instant begun, Duration took) {}

    private final List<Instant> granted = new ArrayList<>();
    private int refused;

    private SingleCallWait() {}

    /**
     * Measures and prints.
     *
     * @param arguments a seed, if an earlier run is to be repeated
     */
    public static void main(String[] arguments) {
        long seed = arguments.length == 0 ? System.nanoTime() : Long.parseLong(arguments[0]);
        System.exit(new SingleCallWait().measure(seed) ? 0 : 1);
    }

    private boolean measure(long seed) {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                        .contacts(10 * CALLS * LIMIT / (int) WINDOW.toSeconds())
                        .rateLimit(RateLimit.perKey(LIMIT, WINDOW))
                        .latency(LATENCY)
                        .onVerdict(this::remember)
                        .start();
                CloseCrmClient client = CloseCrmClient.builder()
                        .credentials(Credentials.apiKey(sandbox.apiKey()))
                        .baseUrl(sandbox.baseUrl())
                        .build()) {
            List<String> ids = sandbox.contactIds();
            Flux<DeleteResult<String>> bulk = client.deleteContacts(Flux.fromIterable(ids.subList(CALLS, ids.size())));
            Disposable running = bulk.subscribe();
            List<Call> calls = Objects.requireNonNull(moments(new Random(seed))
                    .zipWithIterable(ids.subList(0, CALLS))
                    .flatMap(each -> timed(client, each.getT2()), CALLS)
                    .collectList()
                    .block());
            boolean saturated = !running.isDisposed();
            running.dispose();
            return report(seed, saturated, calls);
        }
    }

    /** When the calls begin; the first once the run has got to know the quota. */
    private static Flux<Long> moments(Random random) {
        return Mono.delay(WINDOW.multipliedBy(2))
                .thenMany(Flux.range(0, CALLS)
                        .concatMap(i -> Mono.delay(Duration.ofNanos(
                                (long) (-Math.log(1 - random.nextDouble()) / CALLS_PER_SECOND * 1e9)))));
    }

    private static Mono<Call> timed(CloseCrmClient client, String id) {
        return Mono.defer(() -> {
            Instant begun = Instant.now();
            long start = System.nanoTime();
            return client.deleteContact(id)
                    .then(Mono.fromSupplier(() -> new Call(begun, Duration.ofNanos(System.nanoTime() - start))));
        });
    }

    private synchronized void remember(Verdict verdict) {
        if (verdict.granted()) {
            granted.add(verdict.at());
        } else {
            refused++;
        }
    }

    private synchronized boolean report(long seed, boolean saturated, List<Call> calls) {
        System.out.printf(Locale.ROOT, "seed %d: %d granted, %d refused%n", seed, granted.size(), refused);
        System.out.printf(Locale.ROOT, "%-28s %8s %8s %8s%n", "ms", "median", "99th", "most");
        print("whole call", calls, Call::took);
        print("until its slot", calls, this::untilSlot);
        Duration beyond = print("beyond, without the latency", calls, this::beyondSlot);
        if (!saturated) {
            System.out.println("the run ended before the calls did: not measured");
        }
        return saturated && beyond.compareTo(MOST_BEYOND_SLOT) <= 0;
    }

    private Duration beyondSlot(Call call) {
        return call.took().minus(LATENCY).minus(untilSlot(call));
    }

    private Duration untilSlot(Call call) {
        long length = WINDOW.toMillis();
        long since = Math.floorMod(call.begun().toEpochMilli(), length);
        Instant opened = call.begun().minusMillis(since);
        long used = granted.stream()
                .filter(at -> !at.isBefore(opened) && at.isBefore(call.begun()))
                .count();
        return used < LIMIT ? Duration.ZERO : Duration.ofMillis(length - since);
    }

    /** The 99th percentile. */
    private static Duration print(String name, List<Call> calls, Function<Call, Duration> part) {
        long[] sorted =
                calls.stream().map(part).mapToLong(Duration::toNanos).sorted().toArray();
        long high = sorted[sorted.length * 99 / 100];
        System.out.printf(
                Locale.ROOT,
                "%-28s %8.1f %8.1f %8.1f%n",
                name,
                sorted[sorted.length / 2] / 1e6,
                high / 1e6,
                sorted[sorted.length - 1] / 1e6);
        return Duration.ofNanos(high);
    }
}
