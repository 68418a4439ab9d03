package dev.closecrm.core.engine.response;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Map;

/**
 * No answer makes the reading fail. Runs over the saved inputs; with
 * {@code JAZZER_FUZZ=1 ./mvnw -pl core test -Dtest=ResponseReaderFuzzTest} it looks for new ones.
 */
class ResponseReaderFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void everyAnswerHasAMeaning(FuzzedDataProvider data) {
        int status = data.consumeInt(0, 999);
        String retryAfter = data.consumeAsciiString(24);
        byte[] body = data.consumeRemainingAsBytes();

        AttemptResult result = Reading.READER.read(
                status, Reading.headers(Map.of("retry-after", retryAfter)), body, true, Reading.RECEIVED);

        assertThat(result.delivery()).isNotNull();
        if (result instanceof AttemptResult.Deleted) {
            assertThat(status).isIn(200, 204);
        }
        if (result instanceof AttemptResult.NotFound) {
            assertThat(status).isEqualTo(404);
        }
        if (result instanceof AttemptResult.Refused refused) {
            int kept = refused.response().messages().stream()
                    .mapToInt(String::length)
                    .sum();
            assertThat(kept).isLessThanOrEqualTo(2100);
            if (refused.retryAfter() != null) {
                assertThat(refused.retryAfter().isNegative()).isFalse();
            }
        }
    }
}
