package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FixedWindowTest {

    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest(name = "at {0} s in windows of {1}: {2} s left")
    @CsvSource({
        "0, PT5S, 5",
        "0.000000001, PT5S, 4.999999999",
        "4.999999999, PT5S, 0.000000001",
        "5, PT5S, 5",
        "1700000003.25, PT5S, 1.75",
        "1700000003.25, PT1S, 0.75",
        "1700000003.25, PT1M, 36.75",
        "1700000003.25, PT0.5S, 0.25",
        "-0.25, PT1S, 0.25",
    })
    void windowsEndAtWholeMultiplesOfTheirLength(String now, Duration length, String left) {
        assertThat(FixedWindow.untilEnd(nanos(now), length.toNanos())).isEqualTo(nanos(left));
    }

    @ParameterizedTest(name = "one taken at {0} s leaves {2} at {1} s")
    @CsvSource({"0, 0, 1", "0, 4.999999999, 1", "0, 5, 2", "4.999999999, 5, 2", "5, 9, 1", "5, 5000, 2"})
    void whatWasTakenComesBackWithTheNextWindow(String taken, String asked, int remaining) {
        FixedWindow window = new FixedWindow(2, 5 * SECOND);

        window.take(nanos(taken));

        assertThat(window.remaining(nanos(asked))).isEqualTo(remaining);
    }

    @Test
    void unusedRoomIsNotCarriedOver() {
        FixedWindow window = new FixedWindow(2, SECOND);

        assertThat(window.remaining(0)).isEqualTo(2);
        assertThat(window.remaining(SECOND)).isEqualTo(2);
        window.take(SECOND);
        window.take(SECOND);
        assertThat(window.remaining(2 * SECOND - 1)).isZero();
    }

    private static long nanos(String seconds) {
        return new java.math.BigDecimal(seconds).movePointRight(9).longValueExact();
    }
}
