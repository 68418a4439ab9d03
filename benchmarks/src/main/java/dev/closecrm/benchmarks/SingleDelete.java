package dev.closecrm.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One delete after the other, each waited for.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am verify -DskipTests -Djmh.skip=false -Djmh.args="SingleDelete -prof gc"
 * }</pre>
 *
 * <p>Compare {@code gc.alloc.rate.norm}, the bytes allocated for each delete, and the times of the two rows of one run; single
 * figures drift with the machine.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class SingleDelete {

    /** This library. */
    @Benchmark
    public void closecrm(Clients clients) {
        clients.client().deleteContact(clients.id(clients.next())).block();
    }

    /** The twin. */
    @Benchmark
    public void bareReactorNetty(Clients clients) {
        clients.bareDelete(clients.next()).block();
    }
}
