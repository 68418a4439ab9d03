package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.sandbox.RateLimit.Kind;
import java.math.BigDecimal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowanceTest {

    private static final long WINDOW = 5_000_000_000L;
    private static final long START = 1_700_000_000L * 1_000_000_000L;

    @ParameterizedTest(name = "{0}: 4 per 5 s, taken at {1}: at {2} there are {3} left and more in {4} s")
    @CsvSource({
        "FIXED_WINDOW,   0 1,       2,    2, 3",
        "FIXED_WINDOW,   0 1 4 4,   4.5,  0, 0.5",
        "FIXED_WINDOW,   0 1 4 4,   5,    4, 5",
        "SLIDING_WINDOW, '',        2,    4, 5",
        "SLIDING_WINDOW, 0 1 4 4,   4.5,  0, 0.5",
        "SLIDING_WINDOW, 0 1 4 4,   5,    1, 1",
        "SLIDING_WINDOW, 0 1 4 4,   8.75, 2, 0.25",
        "SLIDING_WINDOW, 0 1 4 4,   9,    4, 5",
        "TOKEN_BUCKET,   '',        2,    4, 5",
        "TOKEN_BUCKET,   0 0 0 0,   0,    0, 1.25",
        "TOKEN_BUCKET,   0 0 0 0,   1,    0, 0.25",
        "TOKEN_BUCKET,   0 0 0 0,   1.25, 1, 1.25",
        "TOKEN_BUCKET,   0 0 0 0,   4.75, 3, 0.25",
        "TOKEN_BUCKET,   0 0 0 0,   5,    4, 5",
        "TOKEN_BUCKET,   0 0 9 9 9, 9,    1, 1.25",
        "BURST_WINDOW,   0 1,       2,    2, 3",
        "BURST_WINDOW,   0 1,       5,    6, 5",
        "BURST_WINDOW,   0 1,       10,   8, 5",
        "BURST_WINDOW,   0,         500,  8, 5",
        "BURST_WINDOW,   0 1 2 3,   6,    4, 4",
    })
    void eachKindCountsInItsOwnWay(Kind kind, String taken, String at, int remaining, String untilMore) {
        Allowance allowance = Allowance.of(kind, 4, WINDOW);

        for (String time : taken.isEmpty() ? new String[0] : taken.split(" ")) {
            assertThat(allowance.remaining(START + nanos(time))).isPositive();
            allowance.take(START + nanos(time));
        }

        assertThat(allowance.limit()).isEqualTo(4);
        assertThat(allowance.remaining(START + nanos(at))).isEqualTo(remaining);
        assertThat(allowance.untilMore(START + nanos(at))).isEqualTo(nanos(untilMore));
    }

    @ParameterizedTest(name = "{0}: asked every {2} ms for 100 s at {1} per 5 s, {3} to {4} are granted")
    @CsvSource({
        "FIXED_WINDOW,   100, 10, 2000, 2000",
        "SLIDING_WINDOW, 100, 10, 2000, 2000",
        "TOKEN_BUCKET,   100, 10, 2098, 2100",
        "BURST_WINDOW,   100, 10, 2000, 2000",
        "TOKEN_BUCKET,   7,   10, 144,  147",
        "TOKEN_BUCKET,   100, 60, 1666, 1667",
    })
    void demandIsMetUpToTheLimit(Kind kind, int limit, int everyMillis, int least, int most) {
        Allowance allowance = Allowance.of(kind, limit, WINDOW);

        int granted = 0;
        for (long millis = 0; millis < 100_000; millis += everyMillis) {
            long now = START + millis * 1_000_000;
            if (allowance.remaining(now) > 0) {
                allowance.take(now);
                granted++;
            }
        }

        assertThat(granted).isBetween(least, most);
    }

    private static long nanos(String seconds) {
        return new BigDecimal(seconds).movePointRight(9).longValueExact();
    }
}
