package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopTest {

    private static final long MILLI = 1_000_000;

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # reset, exact, Retry-After: the wait, all in milliseconds
            370,     true,  1000,     370
            370,     true,  -,        370
            370,     true,  1370,     370
            370,     true,  1371,     1371
            3000,    true,  1000,     1000
            5000,    false, -,        6000
            5000,    false, 2000,     2000
            0,       false, -,        1000
            -,       false, 3000,     3000
            -,       false, -,        2000
            -,       false, -1,       0
            -5000,   true,  -,        0
            86400000,true,  -,        120000
            -,       false, 86400000, 120000
            119500,  false, -,        120000
            """)
    void theServiceIsAskedWhatItCanSay(@Nullable Long reset, boolean exact, @Nullable Long retryAfter, long wait) {
        QuotaReading reading = reset == null
                ? null
                : new QuotaReading(100, 0, Duration.ofMillis(reset), exact, null, QuotaReading.Scope.UNSAID);
        Duration after = retryAfter == null ? null : Duration.ofMillis(retryAfter);
        assertThat(Stop.asked(reading, after)).isEqualTo(wait * MILLI);
    }

    @Test
    void hugeWaitsDoNotOverflow() {
        assertThat(Stop.asked(null, Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(120_000 * MILLI);
        assertThat(Stop.asked(null, Duration.ofSeconds(Long.MIN_VALUE))).isZero();
    }

    @Test
    void theWaitHasALittleJitter() {
        assertThat(Stop.NONE.longer(0, 10, 1000, 0, () -> 0).until()).isEqualTo(1010);
        long latest = Stop.NONE.longer(0, 10, 1000, 0, () -> -1).until();
        assertThat(latest).isBetween(100 * MILLI + 1000, 100 * MILLI + 1010);
        long shorter = Stop.NONE.longer(0, 10, 1000, 1000 * MILLI, () -> -1).until();
        assertThat(shorter).isBetween(20 * MILLI + 1000, 20 * MILLI + 1010);
    }

    @Test
    void aLaterEndIsNotShortened() {
        Stop stop = Stop.NONE.longer(0, 10, 1000, 0, () -> 0).longer(5, 20, 10, 0, () -> 0);
        assertThat(stop.until()).isEqualTo(1010);
        assertThat(stop.total()).isEqualTo(2);
        assertThat(stop.over(1009)).isFalse();
        assertThat(stop.over(1010)).isTrue();
        assertThat(Stop.NONE.over(Long.MIN_VALUE)).isTrue();
    }

    @Test
    void aWaitThatDidNotHelpIsDoubled() {
        Stop stop = Stop.NONE.longer(0, 0, 0, 0, () -> 0);
        assertThat(stop.row()).isZero();
        long[] waits = {50, 100, 200, 400};
        for (long wait : waits) {
            long sentAt = stop.until();
            stop = stop.longer(sentAt, sentAt, 0, 0, () -> 0);
            assertThat(stop.until() - sentAt).isEqualTo(wait * MILLI);
        }
        for (int i = 0; i < 20; i++) {
            stop = stop.longer(stop.until(), stop.until(), 0, 0, () -> 0);
        }
        assertThat(stop.row()).isEqualTo(11);
        assertThat(stop.answered().row()).isZero();
        assertThat(Stop.NONE.answered()).isSameAs(Stop.NONE);
    }

    @Test
    void aWindowForgetsTheRefusalsOfTheOneBefore() {
        Stop stop = Stop.NONE.longer(0, 0, 5, 0, () -> 0);
        assertThat(stop.recent()).isTrue();
        assertThat(stop.nextWindow().recent()).isFalse();
        assertThat(stop.nextWindow().until()).isEqualTo(5);
        assertThat(Stop.NONE.nextWindow()).isSameAs(Stop.NONE);
    }
}
