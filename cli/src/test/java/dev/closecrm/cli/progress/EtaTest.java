package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.QuotaSnapshot.Limit;
import dev.closecrm.core.QuotaSnapshot.Pacing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EtaTest {

    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
    private static final QuotaSnapshot UNKNOWN = quota(null, null, null);

    @Test
    void isNotKnownBeforeAFewResults() {
        assertThat(new Eta(1, null).estimate(1000, 4, Duration.ofSeconds(1), UNKNOWN, NOW))
                .isNull();
        assertThat(new Eta(1, null).estimate(1000, 5, Duration.ofSeconds(1), UNKNOWN, NOW))
                .isEqualTo(Duration.ofSeconds(200));
    }

    @Test
    void isNothingAtTheEnd() {
        assertThat(new Eta(1, null).estimate(0, 0, Duration.ZERO, UNKNOWN, NOW)).isEqualTo(Duration.ZERO);
    }

    @Test
    void followsTheQuotaWhileTheFirstWindowGoesOutAtOnce() {
        // 100 in 0.5 s looks like 200 a second, and is 20 a second: 5 s to the end of this window, then 9 of them.
        assertThat(new Eta(1, null)
                        .estimate(900, 100, Duration.ofMillis(500), quota(100, 0L, Duration.ofSeconds(5)), NOW))
                .isEqualTo(Duration.ofSeconds(50));
    }

    @Test
    void countsWhatIsLeftOfTheWindow() {
        assertThat(new Eta(1, null)
                        .estimate(150, 50, Duration.ofMillis(500), quota(100, 50L, Duration.ofSeconds(5)), NOW))
                .isEqualTo(Duration.ofSeconds(10));
        assertThat(new Eta(1, null)
                        .estimate(50, 50, Duration.ofMillis(500), quota(100, 50L, Duration.ofSeconds(5)), NOW))
                .isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void learnsHowLongAWindowIsFromTheLongestSeen() {
        Eta eta = new Eta(1, null);
        eta.estimate(900, 100, Duration.ofMillis(500), quota(100, 0L, Duration.ofSeconds(5)), NOW);

        assertThat(eta.estimate(900, 100, Duration.ofSeconds(4), quota(100, 0L, Duration.ofSeconds(1)), NOW))
                .isEqualTo(Duration.ofSeconds(46));
    }

    @Test
    void countsNoTimeBeforeTheFirstResult() {
        Eta unpaced = new Eta(1, null);
        Eta atARate = new Eta(1, 40.0);
        for (Eta eta : List.of(unpaced, atARate)) {
            eta.estimate(500, 0, Duration.ofMillis(600), UNKNOWN, NOW);
            eta.estimate(500, 0, Duration.ofMillis(800), UNKNOWN, NOW);
        }

        assertThat(unpaced.estimate(490, 10, Duration.ofMillis(1_000), UNKNOWN, NOW))
                .isEqualTo(Duration.ofMillis(9_800));
        assertThat(atARate.estimate(490, 10, Duration.ofMillis(1_000), UNKNOWN, NOW))
                .isEqualTo(Duration.ofMillis(12_250));
    }

    @Test
    void isRightWhenTheSecondWindowBegins() {
        Eta eta = new Eta(1, null);
        eta.estimate(2_000, 0, Duration.ofMillis(900), UNKNOWN, NOW);

        assertThat(eta.estimate(1_949, 51, Duration.ofMillis(2_900), quota(50, 49L, Duration.ofSeconds(2)), NOW))
                .isEqualTo(Duration.ofSeconds(78));
    }

    @Test
    void followsTheSpeedWhereThatIsLess() {
        assertThat(new Eta(1, null)
                        .estimate(900, 100, Duration.ofSeconds(100), quota(100, 90L, Duration.ofSeconds(5)), NOW))
                .isEqualTo(Duration.ofSeconds(900));
    }

    @Test
    void knowsOfAShareAndOfARate() {
        assertThat(new Eta(0.5, null)
                        .estimate(900, 100, Duration.ofMillis(500), quota(100, 0L, Duration.ofSeconds(5)), NOW))
                .isEqualTo(Duration.ofSeconds(95));
        assertThat(new Eta(1, 10.0).estimate(900, 100, Duration.ofMillis(500), UNKNOWN, NOW))
                .isEqualTo(Duration.ofSeconds(90));
    }

    private static QuotaSnapshot quota(Integer limit, Long remaining, Duration toEnd) {
        Instant end = toEnd == null ? null : NOW.plus(toEnd);
        return new QuotaSnapshot(List.of(new Limit(limit, remaining, end, 0, Pacing.ALONE)), null, Duration.ZERO);
    }
}
