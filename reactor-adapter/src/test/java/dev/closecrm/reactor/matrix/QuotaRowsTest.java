package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.QuotaSnapshot.Pacing;
import dev.closecrm.core.error.RateLimitedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/**
 * Rows 56, 59 to 61 and 66 over sockets: what an answer says of the quota, and what the client makes of it. How long it waits is
 * shown in virtual time; how several processes share, and that only differences of time matter, by the tests of the ledger.
 */
@ExtendWith(Watch.class)
class QuotaRowsTest {

    private static final String TOMORROW = "limit=100, remaining=0, reset=86400";

    @ParameterizedTest
    @EnumSource
    void row56_aRefusalIsSentAgainWhenItsExactestHintSays(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 3)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            List<Duration> elapsed = new ArrayList<>();
            for (String id : sandbox.contactIds()) {
                sandbox.faults()
                        .next(Fault.status(429, "{\"error\": {\"rate_reset\": 0.37}}")
                                .header("RateLimit", "limit=100, remaining=0, reset=1")
                                .header("Retry-After", "1"));
                DeleteResult<ContactId> result = Small.delete(client, ContactId.of(id));
                assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
                elapsed.add(result.elapsed());
            }
            assertThat(elapsed).allMatch(time -> time.toMillis() >= 370);
            // By the headers it would be a second, and not only where the machine is slow.
            assertThat(elapsed).anyMatch(time -> time.toMillis() < 1_000);
            assertThat(sandbox.ledger().requests()).isEqualTo(2 * 3);
            assertThat(client.quota().refusals()).isEqualTo(3);
        }
    }

    static Stream<Arguments> malformed() {
        return overBoth(
                "RateLimit: limit=-1, remaining=-5, reset=-1",
                "RateLimit: limit=NaN, remaining=NaN, reset=NaN",
                "RateLimit: limit=99999999999999999999, remaining=99999999999999999999, reset=1",
                "RateLimit: limit=100, remaining=4294967297, reset=1",
                "RateLimit: limit=0, remaining=0, reset=3600",
                "RateLimit: limit=, remaining=, reset=",
                "RateLimit: remaining=0, reset=3600",
                "RateLimit: ,,,;;;===",
                "RateLimit: \"default\";r=-1;t=-1 // RateLimit-Policy: \"default\";q=-100;w=-5",
                "RateLimit: limit=100, remaining=50 // RateLimit: \"",
                "RateLimit-Limit: x // RateLimit-Remaining: 0 // RateLimit-Reset: 3600",
                "x-rate-limit-limit: 1e0 // x-rate-limit-remaining: 0e0");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void row59_whatMakesNoSenseSlowsNothingDown(String lines, Over over) throws Exception {
        try (Service service = Service.plain(over, (request, reply) -> reply.json(200, "{}", headers(lines)))) {
            CloseCrmClient client = Small.client(service.baseUrl(), over);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(Kind.DELETED);
            assertThat(kinds(client, 50)).hasSize(50).containsOnly(Kind.DELETED);
            assertNothingIsPaced(client.quota());
        }
    }

    static Stream<Arguments> contradicting() {
        return overBoth(
                "RateLimit: limit=100, remaining=60 // RateLimit: limit=100, remaining=3",
                "RateLimit: limit=300, remaining=60 // RateLimit: limit=100, remaining=3",
                "RateLimit: limit=100, remaining=3, remaining=60",
                "RateLimit-Limit: 100 // RateLimit-Remaining: 3 // RateLimit-Remaining: 60");
    }

    @ParameterizedTest
    @MethodSource("contradicting")
    void row59_ofTwoThatContradictTheOneThatPermitsLessCounts(String lines, Over over) throws Exception {
        try (Service service = Service.plain(over, (request, reply) -> reply.json(200, "{}", headers(lines)))) {
            CloseCrmClient client = Small.client(service.baseUrl(), over);
            Small.delete(client);
            assertThat(client.quota().limit()).isEqualTo(100);
            assertThat(client.quota().remaining()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row60_aSingleCallThatIsPutOffToTomorrowFailsWithTheHint(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.status(429).header("RateLimit", TOMORROW));
            assertThat(Small.error(Small.delete(client)))
                    .isInstanceOfSatisfying(
                            RateLimitedException.class,
                            error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(86_401)));
            assertThat(sandbox.ledger().requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row60_aBulkRunThatIsPutOffToTomorrowHoldsAndCanBeCancelled(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 100)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.status(429).header("RateLimit", TOMORROW));
            Queue<Object> told = new ConcurrentLinkedQueue<>();
            Disposable run = client.deleteContacts(Flux.fromIterable(sandbox.contactIds()))
                    .doOnTerminate(() -> told.add("the end"))
                    .subscribe(told::add, told::add);
            Eventually.is("a refusal", Small.LIMIT, () -> client.quota().refusals() == 1);
            assertThat(told).isEmpty();
            // That nothing is under way afterwards is seen to by what watches the rows.
            run.dispose();
            assertThat(told).isEmpty();
            assertThat(sandbox.ledger().requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row61_moreThanTheLimitIsUsedIfItIsLeft(Over over) throws Exception {
        AtomicInteger left = new AtomicInteger(130);
        Service.Script script =
                (request, reply) -> reply.json(200, "{}", "RateLimit", "limit=10, remaining=" + left.decrementAndGet());
        try (Service service = Service.plain(over, script)) {
            CloseCrmClient client = Small.client(service.baseUrl(), over);
            Small.delete(client);
            Duration before = client.quota().waited();
            assertThat(kinds(client, 100)).hasSize(100).containsOnly(Kind.DELETED);
            assertThat(client.quota().waited()).isEqualTo(before);
            // Those of the run may have overtaken each other; after one that is alone it is certain.
            Small.delete(client);
            assertThat(client.quota().limit()).isEqualTo(10);
            assertThat(client.quota().remaining()).isEqualTo(130 - 1 - 100 - 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row66_withoutHeadersNothingWaits(Over over) {
        CloseCrmSandbox.Builder slow =
                CloseCrmSandbox.builder().apiKey(Watch.KEY).contacts(200).latency(Duration.ofMillis(50));
        try (CloseCrmSandbox sandbox = (over == Over.HTTP_2 ? slow.http2() : slow).start()) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            assertThat(client.quota().keys().get(0).pacing()).isEqualTo(Pacing.COLD);
            Small.delete(client, Small.first(sandbox));
            assertThat(client.deleteContacts(
                                    Flux.fromIterable(sandbox.contactIds()).skip(1))
                            .map(result -> result.outcome().kind())
                            .collectList()
                            .block(Small.LIMIT))
                    .hasSize(199)
                    .containsOnly(Kind.DELETED);
            assertNothingIsPaced(client.quota());
            assertThat(sandbox.ledger().peakInFlight()).isGreaterThan(8);
            assertThat(sandbox.ledger().requests()).isEqualTo(200);
        }
    }

    /** Nor has anything been paced. */
    private static void assertNothingIsPaced(QuotaSnapshot quota) {
        assertThat(quota.waited()).isZero();
        assertThat(quota.organisation()).isNull();
        assertThat(quota.keys()).containsExactly(new QuotaSnapshot.Limit(null, null, null, 0, Pacing.UNLIMITED));
    }

    private static List<Kind> kinds(CloseCrmClient client, int contacts) {
        return client.deleteContacts(Flux.range(0, contacts).map(i -> "cont_" + i))
                .map(result -> result.outcome().kind())
                .collectList()
                .block(Small.LIMIT);
    }

    /** "name: value // name: value" */
    private static String[] headers(String lines) {
        return Stream.of(lines.split(" // "))
                .flatMap(line -> Stream.of(line.split(": ", 2)))
                .toArray(String[]::new);
    }

    private static Stream<Arguments> overBoth(String... lines) {
        return Stream.of(lines).flatMap(text -> Stream.of(Over.values()).map(over -> Arguments.of(text, over)));
    }
}
