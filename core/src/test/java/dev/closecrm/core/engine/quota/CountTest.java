package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CountTest {

    /** One request was answered that left 99 of 100. */
    private static final Count FIRST = Count.first(glimpse(1, 0, 40, 99), 1);

    @Test
    void oneAnswerCertifiesWhatIsLeft() {
        assertThat(FIRST.certain()).isEqualTo(99);
        assertThat(FIRST.used()).isEqualTo(1);
        assertThat(FIRST.whole()).isEqualTo(100);
        assertThat(FIRST.settle().traffic().underWay()).isZero();
    }

    @Test
    void whatIsUnderWayCountsAsUsed() {
        Count count = Count.first(glimpse(3, 0, 40, 60), 8);
        assertThat(count.certain()).isEqualTo(55);
        assertThat(count.used()).isEqualTo(6);
        assertThat(sent(FIRST.settle(), 5).certain()).isEqualTo(94);
        assertThat(sent(FIRST.settle(), 5).used()).isEqualTo(6);
        assertThat(sent(FIRST.settle(), 5).traffic().underWay()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        // numbers answered in this order with what they showed: certain, after 10 were sent
        "2:98,           89",
        "2:98 3:97,      89",
        "3:97 2:98,      89",
        "5:95,           88",
        "11:89,          82",
        "11:89 10:90,    83",
        "11:89 2:98 3:97 4:96 5:95 6:94 7:93 8:92 9:91, 89",
        "4:60,           53",
    })
    void theNewestAnswerIsReliedUponAndOnlyTwoMayHaveBeenOvertaken(String answers, long certain) {
        Count count = sent(FIRST.settle(), 10);
        for (String answer : answers.split(" ", -1)) {
            String[] parts = answer.split(":", -1);
            count = count.settle().see(glimpse(Integer.parseInt(parts[0]), 50, 90, Integer.parseInt(parts[1])));
        }
        assertThat(count.certain()).isEqualTo(certain);
    }

    @Test
    void whatNeverLeftIsGivenBack() {
        Count count = sent(FIRST.settle(), 4).giveBack(3);
        assertThat(count.certain()).isEqualTo(96);
        assertThat(count.used()).isEqualTo(4);
        assertThat(count.traffic().underWay()).isEqualTo(3);
        Count seen = count.settle().see(glimpse(4, 50, 90, 97));
        assertThat(seen.certain()).isEqualTo(96);
        assertThat(seen.giveBack(2).certain()).isEqualTo(96);
        assertThat(seen.giveBack(5).certain()).isEqualTo(97);
    }

    @Test
    void theNextWindowBeginsWithAllThatThereIs() {
        Count next = sent(FIRST.settle(), 3).next(5000, 100);
        // Three may still be counted in it, and two of them are thought to be in order.
        assertThat(next.certain()).isEqualTo(99);
        assertThat(next.used()).isZero();
        assertThat(next.window().carried()).isEqualTo(3);
        assertThat(next.window().start()).isEqualTo(5000);
        // Those that had been sent before may have met either window.
        assertThat(next.see(glimpse(4, 4990, 5030, 7)).sight().newest()).isNull();
        assertThat(next.send(5001, false, 0).see(glimpse(5, 5001, 5040, 98)).certain())
                .isEqualTo(96);
    }

    @Test
    void thoseThatWereSentLateAreCarriedThoughTheyHaveBeenAnswered() {
        Count late =
                FIRST.settle().send(4990, true, 0).settle().send(4995, true, 0).settle();
        assertThat(late.next(5000, 100).window().carried()).isEqualTo(2);
        assertThat(late.next(5000, 100).traffic().late()).isZero();
    }

    @Test
    void anAnswerShowsThatAWindowHasBegun() {
        Count shown = sent(FIRST.settle(), 5).shown(glimpse(4, 5000, 5040, 99));
        assertThat(shown.certain()).isEqualTo(96);
        assertThat(shown.settle().certain()).isEqualTo(97);
        assertThat(shown.used()).isEqualTo(3);
        assertThat(shown.whole()).isEqualTo(100);
        assertThat(shown.window().start()).isEqualTo(5040);
        assertThat(shown.window().carried()).isEqualTo(2);
    }

    @Test
    void moreThanTheLimitIsBelieved() {
        Count next = FIRST.settle().next(5000, 100).send(5001, false, 0).settle();
        assertThat(next.whole()).isEqualTo(100);
        Count more = next.see(glimpse(2, 5001, 5040, 149));
        assertThat(more.whole()).isEqualTo(150);
        assertThat(more.certain()).isEqualTo(149);
        assertThat(Count.first(glimpse(1, 0, 1, Integer.MAX_VALUE), 1).whole()).isEqualTo(Integer.MAX_VALUE + 1L);
    }

    @ParameterizedTest
    @CsvSource({"98, 0", "97, 0", "96, 1", "90, 7"})
    void whatOthersHaveCertainlyUsedIsWhatOursDoNotExplain(int remaining, long others) {
        // Two were sent in this window, and one may have been carried over.
        Count count =
                sent(FIRST.settle(), 1).next(5000, 100).send(5001, false, 0).send(5002, false, 0);
        assertThat(Math.max(0, count.foreignAtLeast(glimpse(4, 5002, 5040, remaining))))
                .isEqualTo(others);
        assertThat(count.foreignAtLeast(glimpse(2, 4999, 5040, remaining))).isZero();
    }

    @Test
    void aWindowThatBeganWithLessAccusesNobody() {
        Count count = FIRST.settle().next(5000, 100).send(5001, false, 0);
        Glimpse little = glimpse(2, 5001, 5040, 10);
        assertThat(count.foreignAtLeast(little)).isEqualTo(89);
        assertThat(count.begunWith(little).foreignAtLeast(little)).isZero();
        assertThat(count.begunWith(glimpse(2, 5001, 5040, 200)).window().all()).isEqualTo(100);
    }

    @Test
    void othersAreMeasuredBetweenTheFirstAndTheNewestAnswer() {
        Count count = sent(FIRST.settle(), 10).settle().see(glimpse(6, 100, 140, 74));
        // 25 fewer, 5 of them ours, in 100.
        assertThat(count.foreignRate()).isEqualTo(0.2);
        assertThat(FIRST.foreignRate()).isNaN();
        assertThat(FIRST.next(5000, 100).foreignRate()).isNaN();
    }

    private static Count sent(Count count, int more) {
        Count result = count;
        for (int i = 0; i < more; i++) {
            result = result.send(45, false, 0);
        }
        return result;
    }

    private static Glimpse glimpse(long number, long sentAt, long receivedAt, int remaining) {
        return new Glimpse(number, sentAt, receivedAt, remaining);
    }

    @Test
    void whatLeftInTheMomentOfTheFirstAnswerIsCountedWithTheNext() {
        // Three had left by then, of which this count does not know.
        Count count = FIRST.send(100, false, 4);
        assertThat(count.traffic().sent()).isEqualTo(5);
        assertThat(FIRST.send(100, false, 0).traffic().sent())
                .isEqualTo(FIRST.traffic().sent() + 1);
    }
}
