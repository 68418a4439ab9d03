package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.TransportException.Phase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of whether a call tries again, and when. A call's history is written as one letter for each attempt. */
class RetryPolicyTest {

    private static final double NEARLY_ONE = Math.nextDown(1.0);

    private static final RetryPolicy POLICY = new RetryPolicy(RetryOptions.defaults());

    @Test
    void anAnswerAboutTheContactEndsTheCall() {
        assertThat(after("ok")).isEqualTo("finish");
        assertThat(after("404")).isEqualTo("finish");
    }

    @ParameterizedTest
    @CsvSource({
        "400, finish",
        "402, finish",
        "403, finish",
        "405, finish",
        "415, finish",
        "418, finish",
        "302, finish",
        "999, finish",
        "501, finish",
        "505, finish",
        "408, again 1000",
        "500, again 1000",
        "502, again 1000",
        "503, again 1000",
        "504, again 1000",
        "520, again 1000",
        "524, again 1000",
        "599, again 1000",
    })
    void aStatusIsRepeatedIfItMayPass(String status, String expected) {
        assertThat(after(status)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            fault                                     | again 100
            fault fault                               | again 200
            fault fault fault                         | again 400
            fault fault fault fault                   | finish
            503 503                                   | again 2000
            503 503 503                               | again 4000
            503 503 503 503                           | finish
            fault 503                                 | again 2000
            503 fault 503                             | again 4000
            503 fault                                 | again 200
            503 fault 503 fault                       | finish
            untrusted                                 | finish
            fault untrusted                           | finish
            unseen                                    | again at once
            unseen unseen                             | again 100
            unseen unseen unseen                      | again 200
            unseen unseen unseen unseen               | again 400
            unseen unseen unseen unseen unseen        | finish
            unseen fault fault fault                  | again 400
            unseen fault fault fault fault            | finish
            fault unseen                              | again at once
            shared                                    | free 100
            fault shared                              | free 200
            shared shared shared                      | free 400
            shared shared shared shared               | finish
            fault fault fault unseen fault            | finish
            """)
    void theWaitsDoubleAndTheFourthFailureIsTheLast(String history, String expected) {
        assertThat(after(history.split(" +"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            429                                       | free 2000
            429:0                                     | free 50
            429:0 429:0                               | free 100
            429:0 429:0 429:0                         | free 200
            429:0.37                                  | free 370
            429:3 429:3                               | free 3000
            429:120                                   | free 120000
            429:120.1                                 | hold
            429:86400                                 | hold
            429 429 429 429 429 429 429 429 429       | free 12800
            429 429 429 429 429 429 429 429 429 429   | finish
            429 429 429 429 429 fault                 | again 100
            429 fault 429 fault 429 fault             | again 400
            429 fault 429 fault 429 fault 429 fault   | finish
            429 503 429                               | free 2000
            """)
    void aRefusalIsWaitedForAndIsNoAttempt(String history, String expected) {
        assertThat(after(history.split(" +"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            503:3                   | again 3100
            503:0                   | again 1000
            503:1 503:1             | again 2000
            503:120                 | again 120100
            503:120.001             | hold
            503:9999                | hold
            503 503 503 503:9999    | finish
            501:3                   | finish
            """)
    void aServerThatFailsMayAskForALongerWait(String history, String expected) {
        assertThat(after(history.split(" +"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"401, renew", "fault 401, renew", "401 renewed 401, finish", "401 renewed 503, again 1000"})
    void refusedCredentialsAreRenewedOnce(String history, String expected) {
        assertThat(after(history.split(" "))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.25, 250", "0.5, 500"})
    void theWaitIsARandomPartOfItsSpan(double random, long millis) {
        CallState now = CallState.NEW.after(result("503"));
        assertThat(POLICY.decide(result("503"), now, random))
                .isEqualTo(new Decision.Again(Duration.ofMillis(millis), true));
    }

    @ParameterizedTest
    @CsvSource({"0, 2000", "0.5, 2050"})
    void thoseWhoAreToldTheSameMomentAreSpread(double random, long millis) {
        CallState now = CallState.NEW.after(result("429"));
        assertThat(POLICY.decide(result("429"), now, random))
                .isEqualTo(new Decision.Again(Duration.ofMillis(millis), false));
    }

    @Test
    void theOptionsAreTheNumbers() {
        RetryPolicy policy = new RetryPolicy(RetryOptions.builder()
                .maxAttempts(2)
                .maxRefusals(1)
                .transportBackoff(Duration.ofMillis(7), Duration.ofMillis(8))
                .statusBackoff(Duration.ofMillis(70), Duration.ofMillis(80))
                .longestServerWait(Duration.ofSeconds(1))
                .build());
        assertThat(after(policy, "fault")).isEqualTo("again 7");
        assertThat(after(policy, "fault", "fault")).isEqualTo("finish");
        assertThat(after(policy, "503")).isEqualTo("again 70");
        assertThat(after(policy, "503:2")).isEqualTo("hold");
        assertThat(after(policy, "503:1")).isEqualTo("again 1100");
        assertThat(after(policy, "429")).isEqualTo("finish");
    }

    @ParameterizedTest
    @CsvSource({
        "ok, answered",
        "404, answered",
        "400, answered",
        "401, answered",
        "429, answered",
        "418, answered",
        "501, answered",
        "505, answered",
        "408, down",
        "500, down",
        "503, down",
        "fault, down",
        "unseen, down",
        "shared, down",
        "untrusted, neither",
    })
    void aLostAnswerAndAFailureOfTheServerLookAsIfItWereDown(String result, String expected) {
        assertThat(RetryPolicy.answered(result(result))).isEqualTo(expected.equals("answered"));
        assertThat(RetryPolicy.looksDown(result(result))).isEqualTo(expected.equals("down"));
    }

    @ParameterizedTest
    @EnumSource(Refusal.class)
    void everyRefusalHasADecision(Refusal refusal) {
        AttemptResult result = new AttemptResult.Refused(refusal, ErrorResponse.of(499), null);
        assertThat(POLICY.decide(result, CallState.NEW.after(result), 0)).isNotNull();
    }

    @Test
    void theLimitIsForWhatTheServiceAsksAndNotForWaitsOfOurOwn() {
        RetryPolicy policy = new RetryPolicy(
                RetryOptions.builder().longestServerWait(Duration.ofMillis(10)).build());
        assertThat(after(policy, "503", "503")).isEqualTo("again 2000");
        assertThat(after(policy, "429")).isEqualTo("free 2000");
    }

    @Test
    void everyCaseHasItsOwnFunction() {
        assertThat(inWords(Decision.Finish.INSTANCE)).isEqualTo("finish");
        assertThat(inWords(Decision.Renew.INSTANCE)).isEqualTo("renew");
        assertThat(inWords(Decision.Hold.INSTANCE)).isEqualTo("hold");
    }

    private static String after(String... history) {
        return after(POLICY, history);
    }

    /** The decision after the last of these attempts, with the longest wait that chance allows. */
    private static String after(RetryPolicy policy, String... history) {
        CallState state = CallState.NEW;
        AttemptResult last = null;
        for (String attempt : history) {
            if (attempt.equals("renewed")) {
                state = state.withRenewal();
            } else {
                last = result(attempt);
                state = state.after(last);
            }
        }
        // A refusal adds its jitter to the wait, which is not what these tables are about.
        boolean refused = history[history.length - 1].startsWith("429");
        return inWords(policy.decide(last, state, refused ? 0 : NEARLY_ONE));
    }

    private static String inWords(Decision decision) {
        return decision.fold(
                () -> "finish",
                again -> again.delay().isZero() && !again.charged()
                        ? "again at once"
                        : (again.charged() ? "again " : "free ")
                                + Math.round(again.delay().toNanos() / 1e6),
                () -> "renew",
                () -> "hold");
    }

    /** "fault", "shared", "untrusted", "unseen", "ok", or a status with the seconds that the service asks to wait. */
    private static AttemptResult result(String text) {
        return switch (text) {
            case "ok" -> new AttemptResult.Deleted(200);
            case "404" -> new AttemptResult.NotFound(ErrorResponse.of(404));
            case "fault" -> fault(Prospect.TRANSIENT, Delivery.UNKNOWN);
            case "untrusted" -> fault(Prospect.PERMANENT, Delivery.NOT_SENT);
            case "shared" -> fault(Prospect.COLLATERAL, Delivery.UNKNOWN);
            case "unseen" -> fault(Prospect.UNPROCESSED, Delivery.NOT_SENT);
            default -> answer(text.split(":"));
        };
    }

    private static AttemptResult fault(Prospect prospect, Delivery delivery) {
        return new AttemptResult.Faulted(Phase.EXCHANGE, false, delivery, prospect, "cut", null);
    }

    private static AttemptResult answer(String[] statusAndWait) {
        int status = Integer.parseInt(statusAndWait[0]);
        Refusal refusal = switch (status) {
            case 400 -> Refusal.BAD_REQUEST;
            case 401 -> Refusal.UNAUTHORIZED;
            case 402 -> Refusal.PAYMENT_REQUIRED;
            case 403 -> Refusal.FORBIDDEN;
            case 405 -> Refusal.METHOD_NOT_ALLOWED;
            case 415 -> Refusal.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> Refusal.RATE_LIMITED;
            default -> status == 408 || status / 100 == 5 ? Refusal.SERVER_ERROR : Refusal.UNEXPECTED;
        };
        Duration wait = statusAndWait.length == 1
                ? null
                : Duration.ofNanos(Math.round(Double.parseDouble(statusAndWait[1]) * 1e9));
        return new AttemptResult.Refused(refusal, ErrorResponse.of(status), wait);
    }
}
