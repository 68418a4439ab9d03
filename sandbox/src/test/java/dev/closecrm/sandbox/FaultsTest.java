package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FaultsTest {

    private static final Fault A = Fault.status(500);
    private static final Fault B = Fault.status(502);
    private static final Fault C = Fault.resetAfter();

    private final Faults faults = new Faults();

    @Test
    void nothingGoesWrongUnlessTold() {
        assertThat(strikes(3)).containsOnly(Fault.NONE);
        assertThat(faults.pending()).isEmpty();
    }

    @Test
    void nextFaultsStrikeInOrderAndOnce() {
        faults.next(A, B).next(C);

        assertThat(faults.pending()).containsExactly(A, B, C);
        assertThat(strikes(4)).containsExactly(A, B, C, Fault.NONE);
        assertThat(faults.pending()).isEmpty();
    }

    @Test
    void faultsForAContactStrikeNoOther() {
        faults.forContact("cont_x", A, B);

        assertThat(faults.strike("cont_y")).isEqualTo(Fault.NONE);
        assertThat(faults.strike("cont_x")).isEqualTo(A);
        assertThat(faults.pending()).containsExactly(B);
    }

    @Test
    void everyThirdMeansEveryThird() {
        faults.every(3, A);

        assertThat(strikes(7)).containsExactly(Fault.NONE, Fault.NONE, A, Fault.NONE, Fault.NONE, A, Fault.NONE);
    }

    @Test
    void scriptedFaultsComeBeforeRulesAndRulesGoOnCounting() {
        faults.every(2, A).every(3, B).next(C, C).forContact("cont_any", B);

        assertThat(strikes(6)).containsExactly(B, C, C, A, Fault.NONE, A);
    }

    @Test
    void probabilityIsKeptAndRepeatable() {
        faults.withProbability(0.25, 42, A, B);
        List<Fault> first = strikes(4000);
        faults.clear().withProbability(0.25, 42, A, B);

        assertThat(strikes(4000)).isEqualTo(first);
        assertThat(first.stream().filter(A::equals)).hasSizeBetween(400, 600);
        assertThat(first.stream().filter(B::equals)).hasSizeBetween(400, 600);
    }

    @Test
    void clearForgetsEverything() {
        faults.next(A).forContact("cont_any", B).every(1, C).clear();

        assertThat(strikes(2)).containsOnly(Fault.NONE);
        assertThat(faults.pending()).isEmpty();
    }

    @Test
    void faultPrintsAsItWasWritten() {
        assertThat(Fault.status(503).afterDelete()).hasToString("status(503).afterDelete()");
        assertThat(Fault.silent().delayed(Duration.ofSeconds(1))).hasToString("silent().delayed(PT1S)");
        assertThat(Fault.interim(102, 103)).hasToString("interim([102, 103])");
        assertThat(Fault.noContent().afterDelete()).hasToString("noContent().afterDelete()");
        assertThat(Fault.goAwayBefore()).hasToString("goAwayBefore()");
    }

    @Test
    void faultsThatDoTheSameAreEqual() {
        assertThat(Fault.status(503)).isEqualTo(Fault.status(503)).hasSameHashCodeAs(Fault.status(503));
        assertThat(Fault.status(503)).isNotEqualTo(Fault.status(503).afterDelete());
        assertThat(C.afterDelete()).isSameAs(C);
    }

    @Test
    void interimStatusesAreCopied() {
        int[] statuses = {103};
        Fault fault = Fault.interim(statuses);
        statuses[0] = 102;

        assertThat(fault).isEqualTo(Fault.interim(103));
    }

    @Test
    void senselessFaultsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.status(199));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.html(600));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.interim(101));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.interim(200));
        assertThatIllegalArgumentException().isThrownBy(Fault::interimApart);
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.delay(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.slowDrip(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.oversizedBody(0));
        assertThatIllegalStateException().isThrownBy(() -> Fault.garbage().header("Retry-After", "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> faults.every(0, A));
        assertThatIllegalArgumentException().isThrownBy(() -> faults.withProbability(1.1, 1, A));
        assertThatIllegalArgumentException().isThrownBy(() -> faults.withProbability(0.5, 1));
    }

    private List<Fault> strikes(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> faults.strike("cont_any"))
                .toList();
    }
}
