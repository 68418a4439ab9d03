package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimTest {

    /** As a fraction nearly 1, and as a coin heads: nothing is rounded up. */
    private static long high() {
        return -1;
    }

    /** As a fraction 0, and as a coin tails: all is rounded up. */
    private static long low() {
        return 0;
    }

    @ParameterizedTest
    @CsvSource({"100, 50, 50, 50", "100, 10, 30, 25", "100, 0, 0, 50", "100, 1, 99, 1", "3, 1, 99, 1", "100, 90, 10, 90"
    })
    void atFirstOursIsThePartThatWeHadOfWhatWasUsed(int limit, long own, long others, int quota) {
        Claim claim = Claim.ALONE.shared(limit, own, others);
        assertThat(claim.contended()).isTrue();
        assertThat(claim.quota()).isEqualTo(quota);
        assertThat(claim.shared(limit, 1, 1)).isSameAs(claim);
    }

    @Test
    void whoIsAloneStaysAlone() {
        assertThat(Claim.ALONE.after(past(100, 0, 0), ClaimTest::low)).isSameAs(Claim.ALONE);
    }

    @ParameterizedTest
    @CsvSource({"2, 24", "0.1, 1", "0.2, 2", "0.001, 1"})
    void anotherLimitScalesIt(double factor, int quota) {
        Claim scaled = new Claim(true, 12, 6, 0, 0, 2).scaled(factor);
        assertThat(scaled.quota()).isEqualTo(quota);
        assertThat(scaled.foreign()).isCloseTo(6 * factor, within(1e-9));
        assertThat(scaled.quiet()).isZero();
    }

    @Test
    void halfOfWhatIsRefusedIsGivenUp() {
        Claim claim = new Claim(true, 10, 20, 3, 0, 2);
        assertThat(claim.refused(ClaimTest::high)).isEqualTo(new Claim(true, 9, 20, 0, 0.25, 0));
        assertThat(claim.refused(ClaimTest::low)).isEqualTo(new Claim(true, 10, 20, 0, 0.25, 0));
        assertThat(new Claim(true, 1, 20, 3, 0, 2).refused(ClaimTest::high).quota())
                .isEqualTo(1);
        assertThat(new Claim(true, 10, 20, 3, 1.9, 2).refused(ClaimTest::high).caution())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        // quota, others, left over on average before and now: quota after with all rounded down
        "50, 50, 0,   0,  50",
        "50, 50, 0,   1,  50",
        "50, 50, 4,   4,  52",
        "50, 50, 10, 10,  55",
        "25, 75, 10, 10,  52",
        "25, 75, 20, 20,  30",
        "50,  0, 20, 20,  70",
        "50, 50, 0,  40,  66",
    })
    void eachClaimsItsPartOfWhatIsLeftOver(int quota, double others, double before, long left, int after) {
        Claim claim = new Claim(true, quota, others, before, 0, 0);
        Claim.Past past = new Claim.Past(100, quota, left, others, 0, false);
        assertThat(claim.after(past, ClaimTest::high).quota())
                .isBetween(Math.min(after, quota), Math.max(after, quota));
        int expected = after == 52 && quota == 25 ? 27 : after;
        assertThat(claim.after(past, ClaimTest::high).quota()).isEqualTo(expected);
    }

    @Test
    void lessThanHalfARequestIsNotClaimed() {
        Claim claim = new Claim(true, 50, 50, 0.49, 0, 0);
        assertThat(claim.after(new Claim.Past(100, 50, 0, 50, 0, false), ClaimTest::low)
                        .quota())
                .isEqualTo(49);
        Claim more = new Claim(true, 50, 50, 0.8, 0, 0);
        Claim claimed = more.after(new Claim.Past(100, 50, 0, 50, 0, false), ClaimTest::low);
        // One is taken, and one released: both are rounded up.
        assertThat(claimed.quota()).isEqualTo(50);
        assertThat(claimed.leftover()).isZero();
    }

    @Test
    void whoWasRefusedWaitsForASurerLeftover() {
        Claim.Past past = new Claim.Past(100, 20, 1, 80, 0, false);
        assertThat(new Claim(true, 20, 80, 1, 0, 0).after(past, ClaimTest::low).leftover())
                .isZero();
        Claim careful = new Claim(true, 20, 80, 1, 1, 0).after(past, ClaimTest::low);
        assertThat(careful.leftover()).isEqualTo(1);
        assertThat(careful.caution()).isEqualTo(0.96);
        // One who has most of it knows what the others leave.
        assertThat(new Claim(true, 80, 20, 1, 2, 0)
                        .after(new Claim.Past(100, 80, 1, 20, 0, false), ClaimTest::low)
                        .leftover())
                .isZero();
    }

    @Test
    void whatOthersStillUseIsNotLeftOver() {
        Claim claim = new Claim(true, 50, 40, 0, 0, 0);
        Claim after = claim.after(new Claim.Past(100, 50, 14, 40, 0.25, false), ClaimTest::high);
        assertThat(after.leftover()).isCloseTo(1.2, within(1e-9));
        assertThat(claim.after(new Claim.Past(100, 50, 4, 40, 0.25, false), ClaimTest::high)
                        .leftover())
                .isZero();
    }

    @Test
    void othersAreAveragedAndForgottenIfTheyAreNotSeen() {
        Claim claim = new Claim(true, 50, 40, 0, 0, 0);
        assertThat(claim.after(past(100, 50, 46), ClaimTest::high).foreign()).isCloseTo(41, within(1e-9));
        assertThat(claim.after(past(100, 50, Double.NaN), ClaimTest::high).foreign())
                .isCloseTo(36, within(1e-9));
        assertThat(claim.after(past(100, 50, -20), ClaimTest::high).foreign()).isCloseTo(40 - 40 / 6.0, within(1e-9));
    }

    @Test
    void afterThreeQuietWindowsItIsAlone() {
        Claim claim = new Claim(true, 50, 0.5, 0, 0, 0);
        Claim one = claim.after(past(100, 50, 0.9), ClaimTest::high);
        Claim two = one.after(past(100, 50, 0), ClaimTest::high);
        assertThat(one.quiet()).isEqualTo(1);
        assertThat(two.quiet()).isEqualTo(2);
        assertThat(two.after(past(100, 50, 0), ClaimTest::high)).isSameAs(Claim.ALONE);
        assertThat(two.after(past(100, 50, 1), ClaimTest::high).quiet()).isZero();
        assertThat(two.after(past(100, 50, Double.NaN), ClaimTest::high).quiet())
                .isZero();
        assertThat(two.after(new Claim.Past(100, 50, 0, 0, 0, true), ClaimTest::high)
                        .quiet())
                .isZero();
    }

    @Test
    void aWindowWithARefusalClaimsNothing() {
        Claim claim = new Claim(true, 50, 50, 9, 0.5, 1);
        assertThat(claim.after(new Claim.Past(100, 40, 40, 50, 0, true), ClaimTest::low))
                .isEqualTo(new Claim(true, 50, 50, 0, 0.5, 0));
    }

    @Test
    void aWindowThatWasRefusedFarFromTheClaimHalvesTheDistance() {
        Claim claim = new Claim(true, 50, 50, 9, 0.5, 1);
        assertThat(claim.after(new Claim.Past(100, 30, 40, 50, 0, true), ClaimTest::low))
                .isEqualTo(new Claim(true, 40, 50, 0, 0.5, 0));
    }

    @ParameterizedTest
    @CsvSource({
        // quota, used, certain: quota after
        "50, 40, 5, 45",
        "50, 49, 5, 49",
        "50, 0, 5, 25",
        "2, 0, 5, 1",
        "1, 0, 5, 1",
        "50, 40, 0, 40",
        "50, 49, 0, 49",
        "3, 0, 0, 1",
    })
    void whatWasNotUsedIsGivenUp(int quota, long used, long certain, int after) {
        Claim claim = new Claim(true, quota, 50, 0, 0, 0);
        assertThat(claim.after(new Claim.Past(100, used, certain, 50, 0, false), ClaimTest::high)
                        .quota())
                .isEqualTo(after);
    }

    @Test
    void oneWhoHasMostGivesUpLess() {
        Claim claim = new Claim(true, 80, 20, 0, 0, 0);
        assertThat(claim.after(new Claim.Past(100, 72, 0, 20, 0, false), ClaimTest::high)
                        .quota())
                .isEqualTo(78);
        assertThat(claim.after(new Claim.Past(100, 72, 0, 20, 0, false), ClaimTest::low)
                        .quota())
                .isEqualTo(80);
    }

    private static Claim.Past past(int limit, long used, double foreign) {
        return new Claim.Past(limit, used, 0, foreign, 0, false);
    }
}
