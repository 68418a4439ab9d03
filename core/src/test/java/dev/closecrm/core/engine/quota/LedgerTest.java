package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One limit through its windows. Times are milliseconds; the dice show 0, so that a request goes at the begin of its place. */
class LedgerTest {

    private static final long MILLI = 1_000_000;

    /** 100 per 5 s; the first request, answered at 40, showed 99 left, and that the window ends between 2000 and 2040. */
    private static final Ledger EXACT = Ledger.of(glimpse(1, 0, 40, 99), exact(99, 2000), 1, LedgerTest::low)
            .answered(glimpse(1, 0, 40, 99), exact(99, 2000), LedgerTest::low);

    /** The same, but a header says 5 s, and nobody says how long windows are. */
    private static final Ledger ROUNDED = Ledger.of(glimpse(1, 0, 40, 99), header(99, 5), 1, LedgerTest::low)
            .answered(glimpse(1, 0, 40, 99), header(99, 5), LedgerTest::low);

    // ---- pace

    @Test
    void requestsAreSpreadOverTheWindowAndEndBeforeIt() {
        // From 40 to 2000, less three quarters of a round trip: 100 places of 19.3 ms, of which one is used.
        assertThat(EXACT.opensAt(at(41), false, 1)).isCloseTo(at(40) + 19_300_000, within(2L));
        assertThat(sent(EXACT, 60, 49).opensAt(at(60), false, 1)).isCloseTo(at(40) + 50 * 19_300_000, within(2L));
        assertThat(EXACT.opensAt(at(41), true, 1)).isEqualTo(at(41));
        assertThat(sent(EXACT, 60, 99).opensAt(at(60), true, 1)).isEqualTo(at(2040));
    }

    @Test
    void ifTheEndIsNotKnownWellTheLastRequestsLookForIt() {
        // The window ends between 4000 and 6040: six of 100 are spread over that.
        assertThat(sent(ROUNDED, 60, 92).opensAt(at(60), false, 1)).isLessThan(at(4000));
        assertThat(sent(ROUNDED, 60, 93).opensAt(at(60), false, 1)).isEqualTo(at(4000) + at(2040) / 7);
        assertThat(sent(ROUNDED, 4300, 94).opensAt(at(4300), false, 1)).isEqualTo(at(4300) + at(1740) / 6);
    }

    @Test
    void aShareIsLessOfTheSame() {
        assertThat(EXACT.opensAt(at(41), false, 0.5)).isCloseTo(at(40) + 38_600_000, within(2L));
        assertThat(sent(EXACT, 60, 49).opensAt(at(60), true, 0.5)).isEqualTo(at(2040));
        assertThat(EXACT.opensAt(at(41), true, 0.001)).isEqualTo(at(2040));
    }

    @Test
    void aClaimIsLessOfTheSameButNotForWhoWaitsForTheCall() {
        Ledger shared = answered(sent(EXACT, 100, 1), 2, 100, 140, 90);
        assertThat(shared.claim().quota()).isEqualTo(20);
        assertThat(shared.opensAt(at(140), false, 1)).isCloseTo(at(40) + 2 * 96_500_000, within(2L));
        assertThat(sent(shared, 200, 18).opensAt(at(200), false, 1)).isEqualTo(at(2040));
        assertThat(sent(shared, 200, 18).opensAt(at(200), true, 1)).isEqualTo(at(200));
    }

    // ---- the end of a window

    @ParameterizedTest
    @CsvSource({
        // now: the begin of the window, its earliest end, whether all is known
        "2040, 2040,  7000, true",
        "2290, 2040,  7000, true",
        "2291, 2291,  7000, true",
        "3789, 3789,  7000, true",
        "3791, 3791,  7000, false",
        "7040, 7040, 12000, false",
        "9000, 9000, 12000, false",
    })
    void aWindowEndsByTime(long now, long start, long end, boolean known) {
        Ledger next = EXACT.at(at(now), LedgerTest::low);
        assertThat(next.count().window().start() / MILLI).isEqualTo(start);
        assertThat(next.edge().lo() / MILLI).isBetween(end - 1, end);
        assertThat(next.probe().done()).isEqualTo(known);
        assertThat(next.count().certain()).isEqualTo(100);
        assertThat(next.count().used()).isZero();
    }

    @Test
    void beforeItsEndNothingChanges() {
        assertThat(EXACT.endsBy(at(2040) - 1)).isFalse();
        assertThat(EXACT.at(at(2040) - 1, LedgerTest::low)).isSameAs(EXACT);
        assertThat(EXACT.endsBy(at(2040))).isTrue();
    }

    @Test
    void withoutALengthTheNextWindowIsLookedAtFirst() {
        Ledger next = ROUNDED.at(at(6040), LedgerTest::low);
        assertThat(next.probe()).isEqualTo(Probe.NEEDED);
        assertThat(next.edge().known()).isFalse();
        Ledger under = next.sent(at(6040), 0);
        assertThat(under.opensAt(at(6050), true, 1)).isEqualTo(at(7040));
        assertThat(under.endsBy(at(7039))).isFalse();
        assertThat(under.at(at(7040), LedgerTest::low).probe()).isEqualTo(Probe.DONE);
        assertThat(under.notSent(2).probe()).isEqualTo(Probe.NEEDED);
        assertThat(under.silent().probe()).isEqualTo(Probe.DONE);
    }

    @Test
    void withoutAnyEndOneIsTriedAfterASecond() {
        Ledger blind = Ledger.of(
                glimpse(1, 0, 40, 0), new QuotaReading(100, 0, null, false, null, scope()), 1, LedgerTest::low);
        assertThat(blind.opensAt(at(50), true, 1)).isEqualTo(at(1040));
        assertThat(blind.endsBy(at(1039))).isFalse();
        assertThat(blind.at(at(1040), LedgerTest::low).probe()).isEqualTo(Probe.NEEDED);
    }

    @Test
    void moreThanBeforeShowsThatAWindowHasBegun() {
        Ledger low = answered(gone(EXACT, 1850, 94).sent(at(1850), 0), 96, 1850, 1890, 4);
        Ledger next = answered(sent(low, 1980, 1), 97, 1980, 2020, 99);
        assertThat(next.count().window().start()).isEqualTo(at(2020));
        assertThat(next.count().certain()).isEqualTo(99);
        assertThat(next.count().used()).isEqualTo(1);
        assertThat(next.edge().lo() / MILLI).isBetween(6999L, 7000L);
        assertThat(next.edge().hi() / MILLI).isEqualTo(7020);
    }

    @Test
    void anAnswerFromLongAgoShowsNothing() {
        Ledger later = answered(sent(EXACT, 60, 59), 60, 1500, 1540, 40);
        Ledger same = answered(later, 2, 60, 1600, 98);
        assertThat(same.count().window().start()).isEqualTo(at(40));
        assertThat(same.count().certain()).isLessThanOrEqualTo(40);
    }

    @Test
    void aLaterResetShowsThatAWindowHasBegun() {
        Ledger low = sent(EXACT, 1000, 1);
        Ledger next = low.answered(glimpse(2, at(1990), at(2030), 60), exact(60, 4990), LedgerTest::low);
        assertThat(next.count().window().start()).isEqualTo(at(2030));
        assertThat(next.count().certain()).isEqualTo(60);
    }

    @Test
    void whatIsStillOldNarrowsTheEnd() {
        Ledger later = answered(sent(ROUNDED, 4500, 1), 2, 4500, 4540, 98);
        assertThat(later.edge().lo() / MILLI).isBetween(4499L, 4500L);
    }

    @Test
    void anEndThatDidNotComeIsLookedForAgain() {
        Ledger low = answered(gone(EXACT, 1850, 94).sent(at(1850), 0), 96, 1850, 1890, 4);
        Ledger next = low.at(at(2041), LedgerTest::low);
        Ledger missed = answered(next.sent(at(2050), 0), 97, 2050, 2090, 3);
        assertThat(missed.count().certain()).isEqualTo(3);
        assertThat(missed.edge().hi() / MILLI).isEqualTo(7050);
        // Nobody is accused of having used it.
        assertThat(missed.claim().contended()).isFalse();
    }

    // ---- others

    @ParameterizedTest
    @CsvSource({"98, false", "97, true", "50, true"})
    void othersAreSeenByWhatTheyUse(int remaining, boolean contended) {
        assertThat(answered(sent(EXACT, 100, 1), 2, 100, 140, remaining).claim().contended())
                .isEqualTo(contended);
    }

    @Test
    void whatIsUnderWayExplainsWhatIsMissing() {
        assertThat(answered(sent(EXACT, 100, 11), 2, 100, 140, 88).claim().contended())
                .isFalse();
        assertThat(answered(sent(EXACT, 100, 11), 2, 100, 140, 87).claim().contended())
                .isTrue();
    }

    @Test
    void anotherLimitScalesTheClaim() {
        Ledger shared = answered(sent(EXACT, 100, 1), 2, 100, 140, 90);
        Ledger larger = sent(shared, 150, 1)
                .answered(
                        glimpse(3, at(150), at(190), 85),
                        new QuotaReading(200, 85, null, false, null, scope()),
                        LedgerTest::low);
        assertThat(larger.limit()).isEqualTo(200);
        assertThat(larger.claim().quota()).isEqualTo(40);
    }

    // ---- refusals

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # exact reset, Retry-After: until
            1900, -,    2040
            1900, 2000, 2040
            1000, -,    1140
            -,    2000, 2040
            -,    3000, 3140
            -,    4000, 4140
            -,    -,    2040
            """)
    void itStopsUntilTheWindowEnds(@Nullable Integer reset, @Nullable Integer retryAfter, long until) {
        QuotaReading reading = reset == null ? null : exact(0, reset);
        Duration wait = retryAfter == null ? null : Duration.ofMillis(retryAfter);
        Ledger stopped = sent(EXACT, 100, 1).refused(2, at(100), at(140), reading, wait, LedgerTest::low);
        assertThat(stopped.opensAt(at(150), true, 1) / MILLI).isEqualTo(until);
        assertThat(stopped.claim().contended()).isTrue();
        assertThat(stopped.count().traffic().underWay()).isZero();
    }

    @Test
    void oneOfTheWindowBeforeStopsNothing() {
        Ledger next = sent(EXACT, 2000, 1).at(at(2045), LedgerTest::low);
        Ledger same = next.refused(2, at(2000), at(2050), null, Duration.ofSeconds(1), LedgerTest::low);
        assertThat(same.opensAt(at(2050), true, 1)).isEqualTo(at(2050));
        assertThat(same.stop().total()).isEqualTo(1);
    }

    @Test
    void oneThatWasToBeExpectedAccusesNobody() {
        Ledger none = answered(sent(EXACT, 100, 1), 2, 100, 140, 98);
        Ledger empty = sent(none, 150, 98);
        assertThat(empty.refused(100, at(150), at(190), exact(0, 1800), null, LedgerTest::low)
                        .claim()
                        .contended())
                .isFalse();
    }

    // ---- a quota that grows all the time

    @Test
    void threeTimesAPartOfItIsNoWindow() {
        Ledger low = answered(gone(EXACT, 60, 94).sent(at(60), 0), 96, 60, 100, 4);
        Ledger one = answered(low.sent(at(200), 0), 97, 200, 240, 10);
        Ledger two = answered(one.sent(at(300), 0), 98, 300, 340, 12);
        assertThat(two.flow()).isNull();
        assertThat(two.parts()).isEqualTo(2);
        Ledger three = answered(two.sent(at(400), 0), 99, 400, 440, 14);
        assertThat(three.flow()).isNotNull();
        assertThat(three.count().certain()).isEqualTo(14);
        // It begins with what the limit and the window promise: 20 per second.
        assertThat(three.flow().refill() * 1e9).isCloseTo(20, within(1.0));
        assertThat(three.endsBy(at(100_000))).isFalse();
        Ledger refused =
                three.sent(at(500), 0).refused(100, at(500), at(540), null, Duration.ofMillis(100), LedgerTest::low);
        assertThat(refused.flow().refill()).isCloseTo(three.flow().refill() * 0.95, within(1e-12));
        assertThat(refused.opensAt(at(540), true, 1)).isEqualTo(at(640));
    }

    @Test
    void twiceAllAtOnceIsAWindowAfterAll() {
        Ledger low = answered(gone(EXACT, 60, 94).sent(at(60), 0), 96, 60, 100, 4);
        long number = 97;
        Ledger ledger = low;
        for (long now = 200; now < 500; now += 100) {
            ledger = answered(ledger.sent(at(now), 0), number++, now, now + 40, 10 + (int) (now / 50));
        }
        assertThat(ledger.flow()).isNotNull();
        ledger = answered(ledger.sent(at(1000), 0), number++, 1000, 1040, 99);
        ledger = answered(ledger.sent(at(1100), 0), number++, 1100, 1140, 10);
        assertThat(ledger.flow()).isNotNull();
        ledger = answered(ledger.sent(at(1200), 0), number, 1200, 1240, 99);
        assertThat(ledger.flow()).isNull();
    }

    // ---- words

    private static long low() {
        return 0;
    }

    private static QuotaReading.Scope scope() {
        return QuotaReading.Scope.UNSAID;
    }

    private static QuotaReading exact(int remaining, int reset) {
        return new QuotaReading(100, remaining, Duration.ofMillis(reset), true, Duration.ofSeconds(5), scope());
    }

    private static QuotaReading header(int remaining, int reset) {
        return new QuotaReading(100, remaining, Duration.ofSeconds(reset), false, null, scope());
    }

    private static Glimpse glimpse(long number, long sentAt, long receivedAt, int remaining) {
        boolean millis = receivedAt < MILLI;
        return new Glimpse(number, millis ? at(sentAt) : sentAt, millis ? at(receivedAt) : receivedAt, remaining);
    }

    /** An answer that tells no reset. */
    private static Ledger answered(Ledger ledger, long number, long sentAt, long receivedAt, int remaining) {
        QuotaReading reading = new QuotaReading(100, remaining, null, false, null, scope());
        return ledger.answered(glimpse(number, at(sentAt), at(receivedAt), remaining), reading, LedgerTest::low);
    }

    private static Ledger sent(Ledger ledger, long now, int more) {
        Ledger result = ledger;
        for (int i = 0; i < more; i++) {
            result = result.sent(at(now), 0);
        }
        return result;
    }

    /** Sent, and answered without a word about the quota. */
    private static Ledger gone(Ledger ledger, long now, int more) {
        Ledger result = ledger;
        for (int i = 0; i < more; i++) {
            result = result.sent(at(now), 0).silent();
        }
        return result;
    }

    private static long at(long millis) {
        return millis * MILLI;
    }
}
