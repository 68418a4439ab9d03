package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.CallTimeoutException.Phase;
import dev.closecrm.core.error.RateLimitedException;
import dev.closecrm.reactor.matrix.Row;
import dev.closecrm.reactor.matrix.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Rows 56 to 58, 60 and 66 in virtual time: how long calls wait for quota, with the defaults as they are. */
@ExtendWith(Watch.class)
class QuotaWaitRowsTest {

    private static final String RUNS = "virtual time, with answers as text";

    private static final String ALL_HINTS = """
            HTTP 429
            RateLimit: limit=100, remaining=0, reset=1
            Retry-After: 1

            {"error": {"rate_reset": 0.37}}""";

    private final List<DeleteResult<String>> results = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 0.999})
    @Row(runs = RUNS)
    void row56_aRefusalIsSentAgainWhenItsExactestHintSays(double random) {
        VirtualCalls calls = greedy(number -> number == 1 ? ALL_HINTS : "ok");
        calls.random = random;
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(gaps(calls)).hasSize(1);
        assertThat(gaps(calls).get(0)).isBetween(370L, 500L);
    }

    /** The call still has its four attempts afterwards, and no part of the budget is spent. */
    @Test
    @Row(runs = RUNS)
    void row56_aRefusalIsNoAttempt() {
        String[] answers = {ALL_HINTS, "503", ALL_HINTS, "503", ALL_HINTS, "503", "ok"};
        VirtualCalls calls = new VirtualCalls(
                RetryOptions.builder().budget(3, 1).build(), QuotaOptions.greedy(), 32, number -> answers[number - 1]);
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(30));
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(calls.sent).hasSize(7);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', nullValues = "-", textBlock = """
            RateLimit: limit=100, remaining=0, reset=5 | -                               | 6000
            RateLimit: "default";r=0;t=5               | -                               | 6000
            RateLimit-Reset: 5                         | -                               | 6000
            Retry-After: 5                             | -                               | 5000
            X-Request-Id: 1                            | {"error": {"rate_reset": 0.37}} | 370
            X-Request-Id: 1                            | {"error": "Too many requests."} | 2000
            """)
    @Row(runs = RUNS)
    void row57_anyOneOfTheSixHintsIsEnough(String header, String body, long millis) {
        VirtualCalls calls =
                greedy(number -> number == 1 ? "HTTP 429\n" + header + "\n\n" + (body == null ? "{}" : body) : "ok");
        calls.random = 0;
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(gaps(calls)).containsExactly(millis);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', textBlock = """
            Retry-After: 0                                              | {}                                                | 0
            Retry-After: 0                                              | {"error": {"rate_reset": 0, "rate_limit": 100}}   | 0
            X-Request-Id: 1                                             | {"error": {"rate_reset": 0.0001}}                 | 0
            RateLimit: limit=100, remaining=0, reset=0                  | {}                                                | 1000
            RateLimit: limit=100, remaining=0, reset=0 ; Retry-After: 0 | {}                                                | 1000
            RateLimit-Reset: 0                                          | {}                                                | 1000
            """)
    @Row(runs = RUNS)
    void row58_aResetThatIsAlwaysNowIsAskedMoreAndMoreRarelyAndTenTimes(String headers, String body, long least) {
        VirtualCalls calls = greedy(number -> "HTTP 429\n" + headers.replace(" ; ", "\n") + "\n\n" + body);
        calls.random = 0;
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(89));
        assertThat(ending.error()).isInstanceOf(RateLimitedException.class);
        // What is in whole seconds, and may have been rounded down, says nothing of the second that begins.
        List<Long> doubled =
                IntStream.range(0, 9).mapToObj(i -> Math.max(least, 50L << i)).toList();
        assertThat(gaps(calls)).isEqualTo(doubled);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"error\": {\"rate_reset\": 0, \"rate_limit\": 100}}"})
    @Row(runs = RUNS)
    void row58_manyCallsTogetherDoNotAskMoreOftenThanOne(String body) {
        VirtualCalls calls = greedy(number -> "HTTP 429\nRetry-After: 0\n\n" + body);
        calls.latency = Duration.ofMillis(10);
        run(calls, 1_000);
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(calls.sent.size()).isBetween(5, 20);
    }

    @Test
    @Row(runs = RUNS)
    void row60_aSingleCallDoesNotWaitForTomorrow() {
        VirtualCalls calls = tomorrow();
        Ending first = calls.begin("cont_a");
        assertThat(first.error())
                .isInstanceOfSatisfying(
                        RateLimitedException.class,
                        error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(86_401)));
        // Those who come after it are not sent, and wait no longer than a call may take.
        Ending second = calls.begin("cont_b");
        calls.time.advanceTimeBy(Duration.ofSeconds(90));
        assertThat(second.error())
                .isInstanceOfSatisfying(
                        CallTimeoutException.class,
                        error -> assertThat(error.phase()).isEqualTo(Phase.QUOTA));
        assertThat(calls.sent).hasSize(1);
    }

    @Test
    @Row(runs = RUNS)
    void row60_aBulkRunHoldsAndCanBeCancelled() {
        VirtualCalls calls = tomorrow();
        Disposable run = run(calls, 1_000);
        calls.time.advanceTimeBy(Duration.ofMinutes(4));
        assertThat(results).isEmpty();
        assertThat(run.isDisposed()).isFalse();
        int before = calls.sent.size();
        assertThat(before).isLessThan(10);
        run.dispose();
        calls.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(calls.sent).hasSize(before);
        assertThat(calls.gate.waiting() + calls.gate.resting() + calls.gate.inFlight())
                .isZero();
    }

    @Test
    @Row(runs = RUNS)
    void row66_withoutHeadersOneGoesFirstAndThenAsManyAsThereArePermits() {
        VirtualCalls calls = greedy(number -> "HTTP 200\n\n{}");
        calls.latency = Duration.ofMillis(100);
        run(calls, 1 + 32 * 10);
        calls.time.advanceTimeBy(Duration.ofMillis(1_100));
        assertThat(results)
                .hasSize(1 + 32 * 10)
                .allMatch(result -> result.outcome().kind() == Kind.DELETED);
        for (int i = 1; i < calls.sent.size(); i++) {
            assertThat(calls.sent.get(i).at()).isEqualTo(Duration.ofMillis(100L * (1 + (i - 1) / 32)));
        }
        assertThat(calls.lane.waitedForQuota()).isEqualTo(Duration.ofMillis(100));
    }

    // What has no row.

    @Test
    void aSingleCallDoesNotWaitForTheBulkRunThatIsPaced() {
        VirtualCalls calls = windows();
        run(calls, 1_000);
        calls.time.advanceTimeBy(Duration.ofSeconds(25));
        int before = calls.sent.size();
        assertThat(calls.lane.shortOfQuota()).isTrue();
        assertThat(gaps(calls).subList(before - 11, before - 1)).allMatch(gap -> gap >= 50);
        Ending single = calls.begin("cont_single");
        assertThat(calls.sent).hasSize(before + 1);
        assertThat(calls.sent.get(before).id()).isEqualTo("cont_single");
        calls.time.advanceTimeBy(calls.latency);
        assertThat(single.outcome().kind()).isEqualTo(Kind.DELETED);
    }

    /** Many of them use the window up; the rest of them go before the run when the next one begins. */
    @Test
    void singleCallsThatFindNoQuotaWaitForTheNextWindowAndNotForTheRun() {
        VirtualCalls calls = windows();
        run(calls, 1_000);
        calls.time.advanceTimeBy(Duration.ofSeconds(25));
        List<Ending> singles = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            singles.add(calls.begin("cont_single" + i));
        }
        int before = calls.sent.size();
        calls.time.advanceTimeBy(Duration.ofSeconds(6));
        assertThat(singles).allMatch(ending -> ending.outcome().kind() == Kind.DELETED);
        List<String> nextWindow = calls.sent.stream()
                .skip(before)
                .filter(sent -> sent.at().compareTo(Duration.ofSeconds(30)) >= 0)
                .map(VirtualCalls.Sent::id)
                .limit(10)
                .toList();
        assertThat(nextWindow).allMatch(id -> id.startsWith("cont_single"));
    }

    private static VirtualCalls greedy(Function<Integer, String> service) {
        return new VirtualCalls(RetryOptions.defaults(), QuotaOptions.greedy(), 32, service);
    }

    private static VirtualCalls tomorrow() {
        return greedy(number -> "HTTP 429\nRateLimit: limit=100, remaining=0, reset=86400");
    }

    /** A service that grants a hundred requests in every ten seconds. */
    private static VirtualCalls windows() {
        VirtualCalls[] self = new VirtualCalls[1];
        long[] window = new long[1];
        int[] used = new int[1];
        self[0] = greedy(number -> {
            long millis = self[0].now().toMillis();
            if (millis / 10_000 != window[0]) {
                window[0] = millis / 10_000;
                used[0] = 0;
            }
            boolean granted = used[0] < 100;
            used[0] += granted ? 1 : 0;
            return "HTTP %d\nRateLimit: limit=100, remaining=%d, reset=%d\n\n{}"
                    .formatted(granted ? 200 : 429, 100 - used[0], (10_999 - millis % 10_000) / 1_000);
        });
        self[0].latency = Duration.ofMillis(20);
        return self[0];
    }

    private Disposable run(VirtualCalls calls, int items) {
        calls.random = 0;
        return calls.run(Flux.range(0, items).map(i -> "cont_" + i)).subscribe(results::add, error -> {});
    }

    /** The milliseconds between the requests. */
    private static List<Long> gaps(VirtualCalls calls) {
        return IntStream.range(1, calls.sent.size())
                .mapToObj(i ->
                        calls.sent.get(i).at().minus(calls.sent.get(i - 1).at()).toMillis())
                .toList();
    }
}
