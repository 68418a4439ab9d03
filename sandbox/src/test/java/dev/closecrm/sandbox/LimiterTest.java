package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.closecrm.sandbox.Accounts.Caller;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LimiterTest {

    private static final long SECOND = 1_000_000_000L;
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final Caller ONE = new Caller("one", "orga");
    private static final Caller TWO = new Caller("two", "orga");
    private static final Caller FOREIGN = new Caller("foreign", "other");

    private final AtomicLong now = new AtomicLong(100 * SECOND);

    @Test
    void keyIsLimitedUntilTheWindowEnds() {
        Limiter limiter = limiter(RateLimit.perKey(2, WINDOW));

        assertThat(limiter.ask(ONE)).isEqualTo(new Quota(true, "key", 2, 1, 5 * SECOND, 5 * SECOND));
        now.addAndGet(SECOND);
        assertThat(limiter.ask(ONE)).isEqualTo(new Quota(true, "key", 2, 0, 4 * SECOND, 5 * SECOND));
        assertThat(limiter.ask(ONE)).isEqualTo(new Quota(false, "key", 2, 0, 4 * SECOND, 5 * SECOND));
        now.addAndGet(4 * SECOND);
        assertThat(limiter.ask(ONE)).isEqualTo(new Quota(true, "key", 2, 1, 5 * SECOND, 5 * SECOND));
    }

    @Test
    void refusedRequestsCostTheOrganisationNothing() {
        Limiter limiter = limiter(RateLimit.perKey(1, WINDOW).perOrganisation(2));
        limiter.ask(ONE);

        for (int i = 0; i < 10; i++) {
            assertThat(limiter.ask(ONE).granted()).isFalse();
        }

        assertThat(limiter.ask(TWO).granted()).isTrue();
    }

    @Test
    void organisationIsLimitedAcrossItsKeysAndNoFurther() {
        Limiter limiter = limiter(RateLimit.perKey(2, WINDOW).perOrganisation(3));
        limiter.ask(ONE);
        limiter.ask(ONE);

        assertThat(limiter.ask(TWO)).isEqualTo(new Quota(true, "organization", 3, 0, 5 * SECOND, 5 * SECOND));
        assertThat(limiter.ask(TWO)).isEqualTo(new Quota(false, "organization", 3, 0, 5 * SECOND, 5 * SECOND));
        assertThat(limiter.ask(FOREIGN)).isEqualTo(new Quota(true, "key", 2, 1, 5 * SECOND, 5 * SECOND));
    }

    @Test
    void limitWithLessLeftIsDescribed() {
        Limiter limiter = limiter(RateLimit.perKey(10, WINDOW).perOrganisation(12));
        for (int i = 0; i < 4; i++) {
            limiter.ask(ONE);
        }

        // Key: 9 of 10 left. Organisation: 7 of 12 left.
        assertThat(limiter.ask(TWO)).isEqualTo(new Quota(true, "organization", 12, 7, 5 * SECOND, 5 * SECOND));
        // Key: 5 of 10 left. Organisation: 6 of 12 left.
        assertThat(limiter.ask(ONE)).isEqualTo(new Quota(true, "key", 10, 5, 5 * SECOND, 5 * SECOND));
    }

    @Test
    void organisationHasThreeTimesTheLimitOfAKey() {
        assertThat(RateLimit.perKey(40, WINDOW).perOrganisation()).isEqualTo(120);
        assertThat(RateLimit.perKey(Integer.MAX_VALUE, WINDOW).perOrganisation())
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void senselessLimitsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> RateLimit.perKey(0, WINDOW));
        assertThatIllegalArgumentException().isThrownBy(() -> RateLimit.perKey(1, Duration.ZERO));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimit.perKey(1, WINDOW).perOrganisation(0));
    }

    @Test
    void kindCountsForKeyAndOrganisation() {
        Limiter limiter = limiter(RateLimit.perKey(2, WINDOW).perOrganisation(3).kind(RateLimit.Kind.SLIDING_WINDOW));
        limiter.ask(ONE);
        now.addAndGet(SECOND);
        limiter.ask(ONE);

        assertThat(limiter.ask(TWO)).isEqualTo(new Quota(true, "organization", 3, 0, 4 * SECOND, 5 * SECOND));
        now.addAndGet(4 * SECOND);
        assertThat(limiter.ask(TWO)).isEqualTo(new Quota(true, "key", 2, 0, SECOND, 5 * SECOND));
    }

    private Limiter limiter(RateLimit rateLimit) {
        return new Limiter(rateLimit, now::get);
    }
}
