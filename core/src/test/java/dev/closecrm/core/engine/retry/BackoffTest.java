package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    @ParameterizedTest
    @CsvSource({
        "0, 0.5, 50",
        "1, 0.5, 50",
        "2, 0.5, 100",
        "3, 0.5, 200",
        "6, 0.5, 1600",
        "7, 0.5, 2500",
        "31, 0.5, 2500",
        "1000000, 0.5, 2500",
        "1, 0, 0",
        "7, 0, 0",
        "7, 0.999, 4995",
    })
    void theSpanDoublesUpToItsCapAndChanceTakesAPart(int retry, double random, long millis) {
        assertThat(BACKOFF.before(retry, random)).hasMillis(millis);
    }

    @ParameterizedTest
    @CsvSource({"1", "40", "2000000000"})
    void theLongestSpanDoesNotOverflow(int retry) {
        Backoff year = new Backoff(Duration.ofDays(365), Duration.ofDays(365));
        assertThat(year.before(retry, 0.5)).isEqualTo(Duration.ofDays(365).dividedBy(2));
    }
}
