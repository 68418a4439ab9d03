package dev.closecrm.core.engine.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenLifeTest {

    @ParameterizedTest
    @CsvSource({
        // life, ahead, random, renewed after
        "3600000, 60000, 0.0, 3540000",
        "3600000, 60000, 1.0, 3525000",
        "3600000, 60000, 0.5, 3532500",
        "3600000,     0, 0.9, 3600000",
        "  60000, 60000, 0.0,   30000",
        "  60000, 60000, 1.0,   22500",
        "   1000, 60000, 0.0,     500",
        "      0, 60000, 0.5,       0",
        "     -5, 60000, 0.5,       0",
    })
    void aTokenIsRenewedAheadOfItsEndButNotBeforeALittleOfItsLifeIsOver(
            long life, long ahead, double random, long renewed) {
        TokenLife plan = TokenLife.of(Duration.ofMillis(life), Duration.ofMillis(ahead), random);
        assertThat(plan.renewAfter()).isEqualTo(Duration.ofMillis(renewed));
        assertThat(plan.expiresAfter()).isEqualTo(Duration.ofMillis(Math.max(0, life)));
    }

    @ParameterizedTest
    @CsvSource({"3600000, 60000, 3540000", "50000, 60000, 0", "60000, 60000, 0", "5, 0, 5", "-5, 0, 0", "-5, 60000, 0"})
    void theRestOfALifeIsNotHalved(long left, long ahead, long renewed) {
        TokenLife plan = TokenLife.ofRest(Duration.ofMillis(left), Duration.ofMillis(ahead));
        assertThat(plan.renewAfter()).isEqualTo(Duration.ofMillis(renewed));
        assertThat(plan.expiresAfter()).isEqualTo(Duration.ofMillis(Math.max(0, left)));
    }

    @Test
    void theMomentsThemselvesCount() {
        TokenLife plan = TokenLife.of(Duration.ofSeconds(100), Duration.ofSeconds(10), 0);
        assertThat(plan.due(89_999_999_999L)).isFalse();
        assertThat(plan.due(90_000_000_000L)).isTrue();
        assertThat(plan.over(99_999_999_999L)).isFalse();
        assertThat(plan.over(100_000_000_000L)).isTrue();
    }
}
