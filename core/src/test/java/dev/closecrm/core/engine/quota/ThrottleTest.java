package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {

    private static final long MILLI = 1_000_000;

    @Test
    void aFixedRateIsEven() {
        Throttle throttle = Throttle.fixed(10).sent(0);
        assertThat(throttle.opensAt(0, false)).isEqualTo(80 * MILLI);
        throttle = throttle.sent(80 * MILLI);
        assertThat(throttle.opensAt(0, false)).isEqualTo(180 * MILLI);
        assertThat(throttle.opensAt(0, true)).as("for single calls too").isEqualTo(180 * MILLI);
        // What was missed is not caught up, but for the inaccuracy of timers.
        assertThat(throttle.sent(10_000 * MILLI).opensAt(0, false)).isEqualTo(10_080 * MILLI);
    }

    @Test
    void aFixedRateStaysAndStopsWhileItIsRefused() {
        Throttle throttle = Throttle.fixed(10).refused(0, 10, null, Duration.ofMillis(500), () -> 0);
        assertThat(throttle.rate()).isEqualTo(1e-8);
        assertThat(throttle.opensAt(10, true)).isEqualTo(500 * MILLI + 10);
        assertThat(throttle.answered(9_000 * MILLI).rate()).isEqualTo(1e-8);
        assertThat(throttle.open()).isFalse();
        assertThat(Throttle.fixed(100_000).open()).isFalse();
    }

    @Test
    void halfTheRateIsTriedAndThenALittleMorePerSecond() {
        Throttle throttle = Throttle.half(2e-8, 0);
        assertThat(throttle.rate()).isEqualTo(1e-8);
        assertThat(throttle.answered(999 * MILLI).rate()).isEqualTo(1e-8);
        Throttle faster = throttle.answered(1000 * MILLI);
        assertThat(faster.rate()).isCloseTo(1.05e-8, within(1e-15));
        assertThat(faster.answered(1999 * MILLI).rate()).isEqualTo(faster.rate());
    }

    @Test
    void eachWaitSlowsItOnce() {
        Throttle first = Throttle.half(2e-8, 0).refused(0, 10, null, Duration.ofSeconds(1), () -> 0);
        assertThat(first.rate()).isEqualTo(1e-8);
        assertThat(first.refused(5, 20, null, null, () -> 0).rate()).isEqualTo(1e-8);
        long over = first.stop().until();
        assertThat(first.refused(over, over + 1, null, null, () -> 0).rate()).isCloseTo(0.7e-8, within(1e-15));
        assertThat(first.cleanSince()).isEqualTo(over);
    }

    @Test
    void itHasBounds() {
        assertThat(Throttle.half(1, 0).rate()).isEqualTo(5e-5);
        assertThat(Throttle.half(0, 0).rate()).isEqualTo(1e-10);
        assertThat(new Throttle(1e-4, false, 0, 0, Stop.NONE).open()).isTrue();
        assertThat(new Throttle(0.9e-4, false, 0, 0, Stop.NONE).open()).isFalse();
    }
}
