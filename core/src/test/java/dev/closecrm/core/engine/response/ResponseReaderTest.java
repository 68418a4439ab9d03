package dev.closecrm.core.engine.response;

import static dev.closecrm.core.engine.response.Reading.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of what an answer means. */
class ResponseReaderTest {

    private static final String HTML = "<!DOCTYPE html><html><body>Sign in to the hotel</body></html>";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            200 |               | deleted
            200 | {}            | deleted
            200 | { }           | deleted
            200 | {"x": 1}      | deleted
            204 |               | deleted
            200 | []            | UNEXPECTED
            200 | "{}"          | UNEXPECTED
            200 | null          | UNEXPECTED
            200 | true          | UNEXPECTED
            200 | 0             | UNEXPECTED
            200 | {             | UNEXPECTED
            200 | {} {}         | UNEXPECTED
            200 | {}x           | UNEXPECTED
            200 | ok            | UNEXPECTED
            204 | <html></html> | UNEXPECTED
            200 | <html></html> | UNEXPECTED
            404 | {"error": "Not found"} | not found
            404 | {}            | not found
            404 | {"errors": [], "field-errors": {}} | not found
            404 |               | UNEXPECTED
            404 | []            | UNEXPECTED
            404 | Not Found     | UNEXPECTED
            404 | <html></html> | UNEXPECTED
            404 | {"error": "cut of | UNEXPECTED
            """)
    void aSuccessOrAMissingContactIsBelievedOnlyInTheFormOfTheApi(int status, String body, String meaning) {
        AttemptResult result = read(status, body == null ? "" : body);
        switch (meaning) {
            case "deleted" -> assertThat(result).isEqualTo(new AttemptResult.Deleted(status));
            case "not found" -> assertThat(result).isInstanceOf(AttemptResult.NotFound.class);
            default -> assertThat(((AttemptResult.Refused) result).refusal()).isEqualTo(Refusal.valueOf(meaning));
        }
        assertThat(result.statusRead()).isEqualTo(status);
    }

    static Stream<Integer> everyStatus() {
        return IntStream.concat(IntStream.rangeClosed(100, 599), IntStream.of(0, 99, 600, 999))
                .boxed();
    }

    @ParameterizedTest
    @MethodSource("everyStatus")
    void everyStatusMeansOneThing(int status) {
        AttemptResult result = read(status, "{\"error\": \"text\"}");
        if (status == 200 || status == 204) {
            assertThat(result).isInstanceOf(AttemptResult.Deleted.class);
            return;
        }
        if (status == 404) {
            assertThat(result).isInstanceOf(AttemptResult.NotFound.class);
            assertThat(result.delivery()).isEqualTo(Delivery.NOT_APPLIED);
            return;
        }
        Refusal expected = switch (status) {
            case 400 -> Refusal.BAD_REQUEST;
            case 401 -> Refusal.UNAUTHORIZED;
            case 402 -> Refusal.PAYMENT_REQUIRED;
            case 403 -> Refusal.FORBIDDEN;
            case 405 -> Refusal.METHOD_NOT_ALLOWED;
            case 415 -> Refusal.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> Refusal.RATE_LIMITED;
            case 408 -> Refusal.SERVER_ERROR;
            default -> status / 100 == 5 ? Refusal.SERVER_ERROR : Refusal.UNEXPECTED;
        };
        boolean saysNo = (status >= 400 && status <= 405) || status == 415 || status == 429;
        AttemptResult.Refused refused = (AttemptResult.Refused) result;
        assertThat(refused.refusal()).isEqualTo(expected);
        assertThat(refused.delivery()).isEqualTo(saysNo ? Delivery.NOT_APPLIED : Delivery.UNKNOWN);
        assertThat(refused.response().status()).isEqualTo(status);
        assertThat(refused.response().messages()).containsExactly("text");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 404})
    void aBodyPastTheLimitIsNotTheApis(int status) {
        byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
        AttemptResult result = Reading.READER.read(status, Reading.headers(Map.of()), body, false, Reading.RECEIVED);
        assertThat(((AttemptResult.Refused) result).refusal()).isEqualTo(Refusal.UNEXPECTED);
        assertThat(result.delivery()).isEqualTo(Delivery.UNKNOWN);
    }

    @Test
    void theTextOfAForeignPageIsKeptForTheReport() {
        AttemptResult.Refused refused = (AttemptResult.Refused) read(200, HTML);
        assertThat(refused.response().messages()).containsExactly(HTML);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -    | {}                                                     | -
            1    | {}                                                     | 1000
            ' 7 '| {}                                                     | 7000
            1    | {"error": {"rate_reset": 0.37, "rate_limit": 40}}      | 370
            -    | {"error": {"rate_reset": 0.870663}}                    | 870
            -    | {"rate_reset": 2}                                      | 2000
            -    | {"error": {"rate_reset": "soon"}}                      | -
            -    | {"error": {"rate_reset": -1}}                          | -
            -    | {"error": {"rate_reset": 1e99}}                        | -
            -    | {"error": {"rate_reset": 1e999999}}                    | -
            -    | {"error": {"rate_reset": null}}                        | -
            -1   | {}                                                     | -
            1    | {"error": {"rate_reset": 2}}                           | 2000
            1    | {"error": {"rate_reset": 2.001}}                       | 1000
            30   | {"error": {"rate_reset": 0.1}}                         | 30000
            3    | not JSON                                               | 3000
            soon | {"error": {"rate_reset": 0.1}}                         | 100
            1.5  | {}                                                     | -
            NaN  | {}                                                     | -
            99999999999999999999 | {}                                     | -
            -    | {"error": {"rate_reset": 0}}                           | 0
            -    | {"error": {"rate_reset": 31536000}}                    | 31536000000
            -    | {"error": {"rate_reset": 31536001}}                    | -
            ''   | {}                                                     | -
            """)
    void theWaitThatTheServiceAsksForIsRead(String retryAfter, String body, Long millis) {
        Map<String, String> headers = retryAfter == null ? Map.of() : Map.of("retry-after", retryAfter);
        AttemptResult.Refused refused = (AttemptResult.Refused) read(429, headers, body);
        assertThat(refused.retryAfter() == null ? null : refused.retryAfter().toMillis())
                .isEqualTo(millis);
    }

    @Test
    void theRequestIdIsKeptForTheSupportDesk() {
        AttemptResult.Refused refused = (AttemptResult.Refused) read(500, Map.of("x-request-id", "req_1\r\nx"), "");
        assertThat(refused.response().requestId()).isEqualTo("req_1\\r\\nx");
    }

    @Test
    void anEchoedSecretDoesNotReachTheReport() {
        ResponseReader reader = new ResponseReader(text -> text.replace("s3cret", "***"));
        String body = "{\"error\": \"key s3cret is bad\", \"field-errors\": {\"s3cret\": \"s3cret\"}}";
        AttemptResult.Refused refused = (AttemptResult.Refused) reader.read(
                401,
                Reading.headers(Map.of("x-request-id", "s3cret")),
                body.getBytes(StandardCharsets.UTF_8),
                true,
                Reading.RECEIVED);
        assertThat(refused.toString()).doesNotContain("s3cret");
        assertThat(refused.response().messages()).containsExactly("key *** is bad");
        assertThat(refused.response().fieldErrors()).containsEntry("***", "***");
        assertThat(refused.response().requestId()).isEqualTo("***");
        assertThat(refused.retryAfter()).isNull();
    }

    @Test
    void aWaitIsReadToTheNanosecond() {
        AttemptResult.Refused refused = (AttemptResult.Refused) read(429, "{\"error\": {\"rate_reset\": 0.5}}");
        assertThat(refused.retryAfter()).isEqualTo(Duration.ofMillis(500));
    }
}
