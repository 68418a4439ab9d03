package dev.closecrm.reactor.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.Insides;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

/**
 * Many deletes against a service of which a tenth of all requests meets a fault, some of them cancelled at random, single calls and
 * a bulk run side by side. At the end every report is held against what the service really did, to the last id.
 *
 * <p>A short run is part of every build. A long one, whose report is kept in {@code docs/soak.md}:
 *
 * <pre>{@code
 * ./mvnw -q -pl core,sandbox,reactor-adapter verify -Psoak -Dtest.seed=1
 * }</pre>
 */
class SoakIT {

    private static final int DELETES = Integer.getInteger("soak.deletes", 4_000);
    private static final long SEED = Long.getLong("closecrm.test.seed", 1);
    private static final double FAULTY = 0.1;
    private static final double CANCELLED = 0.02;
    private static final double MISSING = 0.05;

    /** Three kinds of fault cannot be asked away, and over HTTP/2 a connection takes all of its streams along. */
    private static final double MOST_FAILED = 0.1;

    private static final Duration LIMIT = Duration.ofMinutes(20);
    private static final Duration SHORTLY = Duration.ofSeconds(20);

    private static final Fault[] FAULTS = {
        Fault.resetBefore(),
        Fault.resetAfter(),
        Fault.closeBefore(),
        Fault.closeAfter(),
        Fault.silent(),
        Fault.silent().afterDelete(),
        Fault.truncated(),
        Fault.garbage(),
        Fault.status(500),
        Fault.status(502).afterDelete(),
        Fault.status(503),
        Fault.status(503).header("Retry-After", "0").afterDelete(),
        Fault.status(504).afterDelete(),
        Fault.status(408),
        Fault.status(429, "").header("Retry-After", "0"),
        Fault.status(429, "{\"error\": {\"rate_reset\": 0.01}}"),
        Fault.status(429, "{\"error\": {\"rate_reset\": 0.02, \"rate_limit\": \"many\"")
                .header("Retry-After", "0"),
        Fault.interim(103),
        Fault.interim(100, 102, 103),
        Fault.interimApart(103, 103),
        Fault.twoAnswers(),
        Fault.connectionClose(),
        Fault.noContent(),
        Fault.chunked(),
        Fault.delay(Duration.ofMillis(20)),
        Fault.slowDrip(Duration.ofMillis(2)),
        Fault.oversizedBody(1 << 20),
        Fault.html(200),
        Fault.html(404),
        Fault.html(502).afterDelete(),
        Fault.refusedStream(),
        Fault.goAwayBefore(),
        Fault.goAwayAfter(),
    };

    @ParameterizedTest
    @EnumSource
    @Timeout(value = 25, unit = TimeUnit.MINUTES)
    void everyReportIsTrueToTheLastId(Protocol protocol) throws IOException {
        Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();
        Hooks.onErrorDropped(dropped::add);
        Audit audit = new Audit(protocol);
        long begun = System.nanoTime();
        try (CloseCrmSandbox sandbox = sandbox(protocol)) {
            sandbox.faults().withProbability(FAULTY, SEED, FAULTS);
            CloseCrmClient client = client(sandbox, protocol);
            List<String> ids = shuffled(sandbox.contactIds());
            int half = ids.size() / 2;
            Flux.merge(singles(client, ids.subList(0, half), audit), bulk(client, ids.subList(half, ids.size()), audit))
                    .then()
                    .block(LIMIT);

            await("no call is under way", () -> Insides.callsUnderWay(client) == 0);
            await("no exchange is under way", () -> sandbox.ledger().inFlight() == 0);
            client.close();
            await("no connection is open", () -> Insides.openConnections(client) == 0);
            await("none is left at the service", () -> sandbox.ledger().connections() == 0);

            String report = audit.report(SEED, ids.size(), sandbox, Duration.ofNanos(System.nanoTime() - begun));
            System.out.println(report);
            write(report);
            assertThat(audit.differences(ids, sandbox)).isEmpty();
            assertThat(audit.failedShare()).isLessThan(MOST_FAILED);
            assertThat(dropped).isEmpty();
        } finally {
            Hooks.resetOnErrorDropped();
        }
    }

    /** Calls of their own, some of which are given up at about the time at which an answer comes. */
    private static Flux<?> singles(CloseCrmClient client, List<String> ids, Audit audit) {
        SplittableRandom random = new SplittableRandom(SEED);
        return Flux.fromIterable(ids)
                .flatMap(
                        id -> {
                            var call = client.tryDeleteContact(ContactId.of(id)).doOnNext(audit::add);
                            if (random.nextDouble() >= CANCELLED) {
                                return call;
                            }
                            Duration after = Duration.ofNanos(random.nextInt(5_000_000));
                            return call.takeUntilOther(Mono.delay(after))
                                    .switchIfEmpty(Mono.fromRunnable(() -> audit.cancelled(id)));
                        },
                        24);
    }

    private static Flux<?> bulk(CloseCrmClient client, List<String> ids, Audit audit) {
        return client.deleteContacts(Flux.fromIterable(ids)).doOnNext(audit::add);
    }

    private static CloseCrmSandbox sandbox(Protocol protocol) {
        CloseCrmSandbox.Builder builder = CloseCrmSandbox.builder()
                .contacts((int) Math.round(DELETES * (1 - MISSING)))
                .seed(SEED);
        return (protocol == Protocol.HTTP_2 ? builder.http2() : builder).start();
    }

    /** Time limits that make a silent service cost little, and retries enough that hardly any call fails. */
    private static CloseCrmClient client(CloseCrmSandbox sandbox, Protocol protocol) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(sandbox.apiKey()))
                .baseUrl(sandbox.baseUrl())
                .connections(ConnectionOptions.builder()
                        .protocol(protocol)
                        .responseTimeout(Duration.ofSeconds(2))
                        .attemptTimeout(Duration.ofSeconds(3))
                        .build())
                // A service that refuses at random, whatever the rate, has a client that paces itself look for a rate
                // for hours.
                .quota(QuotaOptions.none())
                .retry(RetryOptions.builder()
                        .transportBackoff(Duration.ofMillis(2), Duration.ofMillis(50))
                        .statusBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                        .build())
                .build();
    }

    /** The contacts, and ids of contacts that never were. */
    private static List<String> shuffled(List<String> contacts) {
        List<String> ids = new ArrayList<>(contacts);
        for (int i = ids.size(); i < DELETES; i++) {
            ids.add(Audit.MISSING + i);
        }
        Collections.shuffle(ids, new Random(SEED));
        return ids;
    }

    private static void await(String what, java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + SHORTLY.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("not within " + SHORTLY + ": " + what)
                    .isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static void write(String report) throws IOException {
        Files.writeString(
                Path.of("target", "soak.txt"), report + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
