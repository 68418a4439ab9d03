package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyTrustTest {

    private final KeyTrust trust = new KeyTrust(3);

    @Test
    void whileNoKeyHasShownAnythingAllAreAsked() {
        assertThat(trust.secondOpinion(1, 0b010)).isZero();
        assertThat(trust.secondOpinion(0, 0b011)).isEqualTo(2);
        assertThat(trust.secondOpinion(2, 0b111)).isEqualTo(KeyTrust.NOBODY);
    }

    @Test
    void aKeyThatHasDeletedSomethingIsBelieved() {
        trust.deleted(2, 0);
        assertThat(trust.secondOpinion(2, 0b100)).isEqualTo(KeyTrust.NOBODY);
    }

    @Test
    void aKeyThatHasNotIsCheckedByOneThatHas() {
        trust.deleted(2, 0);
        assertThat(trust.secondOpinion(0, 0b001)).isEqualTo(2);
        assertThat(trust.secondOpinion(2, 0b101)).isEqualTo(KeyTrust.NOBODY);
        // Had that one been asked first, the others would add nothing.
        assertThat(trust.secondOpinion(0, 0b101)).isEqualTo(KeyTrust.NOBODY);
    }

    @Test
    void aKeyThatMissesWhatOthersDeleteIsTakenOutAtTheThirdTime() {
        assertThat(trust.deleted(1, 0b001)).isZero();
        assertThat(trust.deleted(1, 0b001)).isZero();
        assertThat(trust.deleted(1, 0b001)).isEqualTo(0b001);
        assertThat(trust.usable(0)).isFalse();
        assertThat(trust.deleted(1, 0b001)).as("told once").isZero();
        assertThat(trust.secondOpinion(2, 0b100)).isEqualTo(1);
        assertThat(trust.secondOpinion(2, 0b110)).as("not the one that is out").isEqualTo(KeyTrust.NOBODY);
    }

    @Test
    void aKeyThatHasDeletedSomethingMayBeLate() {
        trust.deleted(0, 0);
        for (int i = 0; i < 10; i++) {
            assertThat(trust.deleted(1, 0b001)).isZero();
        }
        assertThat(trust.usable(0)).isTrue();
    }

    @Test
    void mistakesAreCountedForEachKey() {
        trust.deleted(2, 0b011);
        trust.deleted(2, 0b011);
        assertThat(trust.deleted(2, 0b010)).isEqualTo(0b010);
        assertThat(trust.usable(0)).isTrue();
        assertThat(trust.deleted(2, 0b001)).isEqualTo(0b001);
    }

    @Test
    void whoHasShownNothingIsNotBelievedWhereThoseWhoHadAreGone() {
        trust.deleted(0, 0);
        trust.remove(0);
        assertThat(trust.secondOpinion(1, 0b010)).as("the third one is asked").isEqualTo(2);
        assertThat(trust.secondOpinion(2, 0b110)).isEqualTo(KeyTrust.NOT_SURE);
        trust.deleted(2, 0);
        assertThat(trust.secondOpinion(2, 0b110)).isEqualTo(KeyTrust.NOBODY);
    }

    @Test
    void theLastKeyStays() {
        assertThat(trust.remove(0)).isEqualTo(KeyTrust.Removal.DONE);
        assertThat(trust.remove(0)).as("again, by another call").isEqualTo(KeyTrust.Removal.BEFORE);
        assertThat(trust.remove(1)).isEqualTo(KeyTrust.Removal.DONE);
        assertThat(trust.remove(2)).isEqualTo(KeyTrust.Removal.LAST);
        assertThat(trust.usable(2)).isTrue();
        assertThat(trust.secondOpinion(2, 0b100)).isEqualTo(KeyTrust.NOBODY);
    }
}
