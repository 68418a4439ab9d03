package dev.closecrm.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Flux;

/**
 * A thousand deletes as one run, 32 in flight. Figures are for one delete.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am verify -DskipTests -Djmh.skip=false -Djmh.args="BulkDelete -prof gc"
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class BulkDelete {

    private static final int ITEMS = 1_000;

    /** This library. */
    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public Long closecrm(Clients clients) {
        return clients.client()
                .deleteContacts(Flux.range(0, ITEMS).map(i -> clients.id(clients.next())))
                .count()
                .block();
    }

    /** The twin. */
    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public Long bareReactorNetty(Clients clients) {
        return Flux.range(0, ITEMS)
                .flatMap(i -> clients.bareDelete(clients.next()).thenReturn(i), Clients.CONNECTIONS)
                .count()
                .block();
    }
}
