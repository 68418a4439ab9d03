package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RateLimitHeadersTest {

    // 1.129337 s before the end of a window of five seconds.
    private final AtomicLong now = new AtomicLong(1_700_000_003_870_663_000L);
    private final Http http = new Http();

    static Stream<Arguments> forms() {
        return Stream.of(
                Arguments.of(HeaderForm.DRAFT_07, Map.of("RateLimit", "limit=100, remaining=50, reset=2")),
                Arguments.of(
                        HeaderForm.DRAFT_08,
                        Map.of("RateLimit", "\"default\";r=50;t=2", "RateLimit-Policy", "\"default\";q=100;w=5")),
                Arguments.of(
                        HeaderForm.SEPARATE,
                        Map.of("RateLimit-Limit", "100", "RateLimit-Remaining", "50", "RateLimit-Reset", "2")),
                Arguments.of(
                        HeaderForm.X_RATE_LIMIT,
                        Map.of("x-rate-limit-limit", "100", "x-rate-limit-remaining", "50", "x-rate-limit-reset", "2")),
                Arguments.of(HeaderForm.NONE, Map.of()));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void eachFormSaysTheSameInItsOwnWay(HeaderForm form, Map<String, String> headers) {
        Quota quota = new Quota(true, "key", 100, 50, 1_129_337_000L, 5_000_000_000L);

        assertThat(form.headers(quota)).isEqualTo(headers);
    }

    @ParameterizedTest
    @EnumSource(HeaderForm.class)
    void refusalCarriesItsHeadersAndTheExactWait(HeaderForm form) throws Exception {
        try (CloseCrmSandbox sandbox = limited(limit().header(form))) {
            http.delete(sandbox, sandbox.contactIds().get(0));

            HttpResponse<String> answer =
                    http.delete(sandbox, sandbox.contactIds().get(1));

            assertThat(answer.statusCode()).isEqualTo(429);
            Quota quota = new Quota(false, "key", 1, 0, 1_129_337_000L, 5_000_000_000L);
            form.headers(quota)
                    .forEach((name, value) -> assertThat(answer.headers().allValues(name))
                            .as(name)
                            .containsExactly(value));
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("2");
            assertThat(answer.body())
                    .isEqualTo("{\"error\": {\"message\": \"Too many requests.\", \"rate_limit\": 1,"
                            + " \"rate_limit_type\": \"key\", \"rate_reset\": 1.129337, \"rate_window\": 5,"
                            + " \"rate_endpoint_group\": \"DELETE /api/v1/contact/{id}/\"}}");
            assertThat(sandbox.contactCount()).isEqualTo(1);
            assertThat(sandbox.ledger().refused429()).isEqualTo(1);
        }
    }

    @Test
    void everyAnswerTellsOfTheLimit() throws Exception {
        RateLimit four = RateLimit.perKey(4, Duration.ofSeconds(5));
        try (CloseCrmSandbox sandbox = limited(four)) {
            sandbox.faults().next(Fault.interim(103), Fault.status(503));
            String id = sandbox.contactIds().get(0);

            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("200 limit=4, remaining=3, reset=2");
            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("503 limit=4, remaining=2, reset=2");
            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("404 limit=4, remaining=1, reset=2");
            assertThat(rateLimit(http.delete(sandbox, "lead_x"))).isEqualTo("400 limit=4, remaining=0, reset=2");
            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("429 limit=4, remaining=0, reset=2");
        }
    }

    @Test
    void nextWindowAdmitsAgain() throws Exception {
        try (CloseCrmSandbox sandbox = limited(limit())) {
            String second = sandbox.contactIds().get(1);
            http.delete(sandbox, sandbox.contactIds().get(0));
            assertThat(http.delete(sandbox, second).statusCode()).isEqualTo(429);

            now.addAndGet(1_129_337_000L);

            assertThat(http.delete(sandbox, second).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void retryAfterCanBeLeftOut() throws Exception {
        try (CloseCrmSandbox sandbox = limited(limit().retryAfter(false))) {
            http.delete(sandbox, sandbox.contactIds().get(0));

            HttpResponse<String> answer =
                    http.delete(sandbox, sandbox.contactIds().get(1));

            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
        }
    }

    @Test
    void refusedRequestUsesUpNoFault() throws Exception {
        try (CloseCrmSandbox sandbox = limited(limit())) {
            http.delete(sandbox, sandbox.contactIds().get(0));
            sandbox.faults().next(Fault.status(500));

            http.delete(sandbox, sandbox.contactIds().get(1));

            assertThat(sandbox.faults().pending()).containsExactly(Fault.status(500));
        }
    }

    @Test
    void limitCanBeReplacedWhileServing() throws Exception {
        try (CloseCrmSandbox sandbox = limited(limit())) {
            String id = sandbox.contactIds().get(0);
            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("200 limit=1, remaining=0, reset=2");

            sandbox.rateLimit(RateLimit.perKey(7, Duration.ofSeconds(5)));

            assertThat(rateLimit(http.delete(sandbox, id))).isEqualTo("404 limit=7, remaining=6, reset=2");
        }
    }

    @Test
    void verdictsTellWhoWasLetInAndWhen() throws Exception {
        List<Verdict> verdicts = new CopyOnWriteArrayList<>();
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                .contacts(1)
                .apiKey("first")
                .apiKey("second")
                .rateLimit(limit())
                .onVerdict(verdicts::add)
                .clock(now::get)
                .start()) {
            String path = "/api/v1/contact/" + sandbox.contactIds().get(0) + "/";
            for (String key : List.of("first", "first", "second", "unknown")) {
                http.send("DELETE", sandbox, path, Http.basic(key));
            }

            Instant at = ServerClock.instant(now.get());
            assertThat(verdicts)
                    .containsExactly(
                            new Verdict(at, "first", true),
                            new Verdict(at, "first", false),
                            new Verdict(at, "second", true));
        }
    }

    private static RateLimit limit() {
        return RateLimit.perKey(1, Duration.ofSeconds(5));
    }

    private CloseCrmSandbox limited(RateLimit rateLimit) {
        return CloseCrmSandbox.builder()
                .contacts(2)
                .rateLimit(rateLimit)
                .clock(now::get)
                .start();
    }

    private static String rateLimit(HttpResponse<String> answer) {
        return answer.statusCode() + " "
                + answer.headers().firstValue("RateLimit").orElse("-");
    }
}
