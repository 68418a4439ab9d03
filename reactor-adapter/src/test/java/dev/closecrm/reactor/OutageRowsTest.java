package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.matrix.Row;
import dev.closecrm.reactor.matrix.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Rows 49 to 51, 54 and 55 in virtual time, with the defaults as they are. */
@ExtendWith(Watch.class)
class OutageRowsTest {

    private static final String RUNS = "virtual time, with no HTTP in it";
    private static final int ITEMS = 100_000;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final List<DeleteResult<String>> results = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final AtomicInteger pulled = new AtomicInteger();
    private final long seed = Long.getLong("closecrm.test.seed", System.nanoTime());

    @Test
    @Row(runs = RUNS)
    void row49_theWaitsAreARandomPartOfOneAndTwoSeconds() {
        for (double random : new double[] {0, 0.5, VirtualCalls.LONGEST}) {
            VirtualCalls calls = VirtualCalls.answering("503", "503", "ok");
            calls.random = random;
            calls.begin("cont_a");
            calls.time.advanceTimeBy(Duration.ofSeconds(10));
            assertThat(calls.sent).hasSize(3);
            assertThat(millisBetween(calls, 0, 1)).isEqualTo(Math.round(1_000 * random));
            assertThat(millisBetween(calls, 1, 2)).isEqualTo(Math.round(2_000 * random));
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 3000", "120, 0"})
    @Row(runs = RUNS)
    void row51_theWaitIsNeverShorterThanWhatTheServiceAsks(int seconds, long millis) {
        VirtualCalls calls = new VirtualCalls(
                RetryOptions.builder().callTimeout(Duration.ofSeconds(90)).build(),
                32,
                number -> number == 1 ? "503:" + seconds : "ok");
        calls.random = 0;
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(200));
        if (millis == 0) {
            // Longer than the call may take: it fails at once, with what the service asked.
            assertThat(ending.error()).hasMessageContaining("last phase BACKOFF");
            assertThat(ending.ended().elapsed()).isZero();
        } else {
            assertThat(millisBetween(calls, 0, 1)).isEqualTo(millis);
        }
    }

    @Test
    @Row(runs = RUNS)
    void row51_aBulkRunHoldsWhereASingleCallWouldFail() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 32, number -> number == 1 ? "503:9999" : "ok");
        run(calls, 10);
        calls.time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(errors).isEmpty();
        assertThat(results).hasSize(10).allMatch(result -> result.outcome().kind() == Kind.DELETED);
    }

    @Test
    @Row(runs = RUNS)
    void row54_aServiceThatIsDownCostsFewRequestsAndFewItems() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 32, number -> "503");
        run(calls, ITEMS);
        calls.time.advanceTimeBy(Duration.ofSeconds(2));
        int beforeTheHold = calls.sent.size();
        // Retries are paid for when they are decided on, and the hold catches those that were still waiting.
        assertThat(beforeTheHold).isBetween(32, 32 + 35);
        assertThat(results).isEmpty();

        calls.time.advanceTimeBy(Duration.ofMinutes(4));
        assertThat(results).as("failed during the hold").isEmpty();
        assertThat(probeGaps(calls, beforeTheHold)).containsSubsequence(2L, 4L, 8L, 16L, 30L, 30L);

        calls.time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(calls.sent).hasSizeLessThan(150);
        assertThat(errors).singleElement().isInstanceOfSatisfying(BulkAbortedException.class, aborted -> {
            assertThat(aborted.reason()).isEqualTo(Reason.OUTAGE);
            assertThat(aborted).hasCauseInstanceOf(ServerErrorException.class);
            assertThat(aborted.summary().nextIndex()).isEqualTo(results.size());
        });
        assertThat(pulled.get()).isEqualTo(results.size()).isLessThan(100);
        assertThat(results).allSatisfy(result -> {
            if (result.attempts() > 0) {
                assertThat(((CallException) ((DeleteOutcome.Failed) result.outcome()).error()).delivery())
                        .isEqualTo(Delivery.UNKNOWN);
            } else {
                assertThat(result.outcome()).isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.OUTAGE));
            }
        });
        assertThat(results.stream().filter(result -> result.outcome().kind() == Kind.FAILED))
                .hasSize(32);
    }

    /** Nobody listens at that address, say: no item knows more than that it was not sent. */
    @Test
    @Row(runs = RUNS)
    void row54_theReasonIsKnownEvenIfNothingWasSent() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 32, number -> "refused");
        run(calls, 100);
        calls.time.advanceTimeBy(Duration.ofMinutes(6));
        assertThat(results)
                .isNotEmpty()
                .allMatch(
                        result -> result.outcome().equals(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.OUTAGE)));
        assertThat(errors)
                .singleElement()
                .satisfies(error -> assertThat(error).hasCauseInstanceOf(TransportException.class));
    }

    /** Thousands of attempts of one item: each that kept something of the one before would show in the end. */
    @Test
    @Row(runs = RUNS)
    void row55_anOutageMayLastForDays() {
        Duration outage = Duration.ofDays(3);
        VirtualCalls[] self = new VirtualCalls[1];
        self[0] = new VirtualCalls(
                RetryOptions.builder().budget(0, 1).build(),
                1,
                number -> self[0].now().compareTo(outage) < 0 ? "503" : "ok");
        VirtualCalls calls = self[0];
        BulkOptions<String> options = BulkOptions.<String>builder()
                .outageTimeout(outage.multipliedBy(2))
                .build();
        calls.run(Flux.just("cont_a"), 1, options).subscribe(results::add, errors::add);
        calls.time.advanceTimeBy(outage.plusMinutes(1));
        assertThat(calls.sent).hasSizeGreaterThan(8_000);
        assertThat(results)
                .singleElement()
                .satisfies(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED));
        assertThat(calls.gate.inFlight()).isZero();
    }

    @Test
    @Row(runs = RUNS)
    void row55_aServiceThatComesBackGetsEveryItem() {
        VirtualCalls[] self = new VirtualCalls[1];
        self[0] = new VirtualCalls(
                RetryOptions.defaults(),
                32,
                number -> self[0].now().compareTo(Duration.ofMinutes(1)) < 0 ? "503" : "ok");
        VirtualCalls calls = self[0];
        run(calls, ITEMS);
        calls.time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(errors).isEmpty();
        assertThat(results).hasSize(ITEMS).allMatch(result -> result.outcome().kind() == Kind.DELETED);
    }

    @Test
    void anItemsTimeStandsStillWhileTheRunHolds() {
        VirtualCalls[] self = new VirtualCalls[1];
        self[0] = new VirtualCalls(
                RetryOptions.defaults(),
                32,
                number -> self[0].now().compareTo(Duration.ofSeconds(265)) < 0 ? "503" : "ok");
        run(self[0], 100);
        self[0].time.advanceTimeBy(Duration.ofMinutes(6));
        assertThat(results).hasSize(100).allMatch(result -> result.outcome().kind() == Kind.DELETED);
    }

    @ParameterizedTest
    @CsvSource({"429:9999, OUTAGE", "429:121,"})
    @Row(runs = RUNS)
    void row51_aBulkRunHoldsForAQuotaThatIsFarAway(String refusal, Reason end) {
        VirtualCalls[] self = new VirtualCalls[1];
        self[0] = new VirtualCalls(
                RetryOptions.defaults(),
                32,
                number -> end != null || self[0].now().toSeconds() < 125 ? refusal : "ok");
        self[0].latency = Duration.ofMillis(100);
        run(self[0], 500);
        self[0].time.advanceTimeBy(Duration.ofSeconds(100));
        // Each item once, and probes with growing gaps.
        assertThat(self[0].sent).hasSizeLessThan(32 + 8);
        self[0].time.advanceTimeBy(Duration.ofMinutes(6));
        if (end == null) {
            assertThat(errors).isEmpty();
            assertThat(results).hasSize(500).allMatch(result -> result.outcome().kind() == Kind.DELETED);
        } else {
            assertThat(errors)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            BulkAbortedException.class,
                            aborted -> assertThat(aborted.reason()).isEqualTo(end));
        }
    }

    @Test
    void anItemsTimeStandsStillWhileItWaitsForQuota() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 32, number -> number < 4 ? "429:70" : "ok");
        run(calls, 1);
        calls.time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(results)
                .singleElement()
                .satisfies(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED));
    }

    /** The one item there is makes every probe, and still has its attempts when the service is back and fails once more. */
    @Test
    void aProbeIsNotChargedToItsItem() {
        VirtualCalls[] self = new VirtualCalls[1];
        self[0] = new VirtualCalls(RetryOptions.builder().budget(14, 14).build(), 32, number -> {
            long seconds = self[0].now().toSeconds();
            return seconds < 60 ? "503" : seconds < 62 ? "429" : seconds < 64 ? "503" : "ok";
        });
        run(self[0], 1);
        self[0].time.advanceTimeBy(Duration.ofMinutes(4));
        assertThat(results).singleElement().satisfies(result -> {
            assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
            assertThat(result.attempts()).isGreaterThan(8);
        });
    }

    @Test
    void aFewItemsFailByThemselvesWithoutAHold() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 32, number -> "503");
        run(calls, 3);
        calls.time.advanceTimeBy(Duration.ofSeconds(60));
        assertThat(results).hasSize(3).allMatch(result -> result.outcome().kind() == Kind.FAILED);
        assertThat(calls.sent).hasSize(12);
    }

    /** Whoever asked for one result has it; while nothing more is asked for, nobody waits for the service. */
    @Test
    void anOutageInWhichNobodyWaitsIsNotGivenUp() {
        String[] answers = {"fault", "untrusted", "ok"};
        VirtualCalls calls = new VirtualCalls(
                RetryOptions.builder().budget(0, 1).build(), 4, number -> answers[Math.min(number, 3) - 1]);
        BulkOptions<String> options =
                BulkOptions.<String>builder().maxFailedShare(1).build();
        StepVerifier.create(calls.run(Flux.just("cont_a", "cont_b"), 4, options), 0)
                .thenRequest(1)
                .then(() -> calls.time.advanceTimeBy(Duration.ofSeconds(1)))
                .assertNext(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.FAILED))
                .then(() -> calls.time.advanceTimeBy(Duration.ofMinutes(10)))
                .thenRequest(1)
                .assertNext(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED))
                .expectComplete()
                .verify(LIMIT);
    }

    private void run(VirtualCalls calls, int items) {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        calls.randoms = random::nextDouble;
        calls.run(Flux.range(0, items).map(i -> "cont_" + i).doOnNext(id -> pulled.incrementAndGet()))
                .subscribe(results::add, errors::add);
    }

    private static long millisBetween(VirtualCalls calls, int one, int other) {
        return Math.round(
                calls.sent.get(other).at().minus(calls.sent.get(one).at()).toNanos() / 1e6);
    }

    /** The whole seconds between the requests from some on. */
    private static List<Long> probeGaps(VirtualCalls calls, int from) {
        List<Long> gaps = new ArrayList<>();
        for (int i = from; i < calls.sent.size(); i++) {
            gaps.add(Math.round(millisBetween(calls, i - 1, i) / 1e3));
        }
        return gaps;
    }
}
