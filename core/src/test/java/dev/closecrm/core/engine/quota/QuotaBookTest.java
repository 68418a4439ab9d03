package dev.closecrm.core.engine.quota;

import static dev.closecrm.core.engine.quota.QuotaBook.ANY_KEY;
import static dev.closecrm.core.engine.quota.QuotaBook.UNTIL_ANSWERED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.QuotaSnapshot.Pacing;
import dev.closecrm.core.engine.quota.QuotaReading.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a book lets go, and when. Times are milliseconds; the dice always show 0, so that there is no jitter. */
class QuotaBookTest {

    private static final long MILLI = 1_000_000;

    // ---- before anything is known

    @Test
    void theFirstRequestGoesAloneAndTheOthersWaitForItsAnswer() {
        QuotaBook book = greedy(1);
        Sending first = send(book, 0);
        assertThat(book.trySend(ANY_KEY, at(1), true)).isNull();
        assertThat(book.nextIn(ANY_KEY, at(1), false)).isEqualTo(at(999));
        book.answered(first, at(40), null);
        assertThat(sendAll(book, 40, 1000)).isEqualTo(1000);
    }

    @Test
    void nobodyWaitsLongerThanASecondForAnAnswerThatDoesNotCome() {
        QuotaBook book = greedy(1);
        send(book, 0);
        assertThat(book.trySend(ANY_KEY, at(999), false)).isNull();
        assertThat(sendAll(book, 1000, 100)).isEqualTo(100);
    }

    @Test
    void aFaultAlsoLetsTheOthersGo() {
        QuotaBook book = greedy(1);
        book.unanswered(send(book, 0), at(30));
        assertThat(sendAll(book, 30, 100)).isEqualTo(100);
    }

    @Test
    void oneThatNeverLeftIsReplacedByTheNext() {
        QuotaBook book = greedy(1);
        book.notSent(send(book, 0), at(1));
        assertThat(book.nextIn(ANY_KEY, at(1), false)).isZero();
        send(book, 1);
        assertThat(book.trySend(ANY_KEY, at(2), false)).isNull();
    }

    @Test
    void row66_withoutALimitNothingChangesAndNothingWaits() {
        QuotaBook book = unlimited(1);
        for (int i = 0; i < 1000; i++) {
            Sending sending = send(book, 50);
            if (i % 3 == 0) {
                book.answered(sending, at(60), null);
            } else if (i % 3 == 1) {
                book.unanswered(sending, at(60));
            } else {
                book.notSent(sending, at(60));
            }
            assertThat(book.nextIn(ANY_KEY, at(60), false)).isZero();
        }
        assertThat(book.view(at(60)).keys().get(0)).isEqualTo(new QuotaView.Line(-1, -1, -1, 0, Pacing.UNLIMITED));
        assertThat(book.view(at(60)).organisation()).isEqualTo(new QuotaView.Line(-1, -1, -1, 0, Pacing.UNLIMITED));
    }

    @Test
    void whenALimitAppearsWhatIsUnderWayCounts() {
        QuotaBook book = unlimited(1);
        Sending old = send(book, 50);
        sendAll(book, 50, 30);
        book.answered(old, at(90), reading(100, 40, 5));
        assertThat(book.view(at(90)).keys().get(0).remaining()).isEqualTo(10);
        assertThat(sendAllInteractive(book, 90)).isEqualTo(10);
    }

    // ---- within a window

    @Test
    void onlyWhatIsCertainlyLeftGoes() {
        QuotaBook book = limited(100, 10, 5);
        assertThat(sendAllInteractive(book, 50)).isEqualTo(10);
        // A header of 5 s may be rounded up or down by a second.
        assertThat(book.nextIn(ANY_KEY, at(50), true)).isEqualTo(at(40 + 6000 - 50));
        assertThat(book.view(at(50)).keys().get(0)).isEqualTo(new QuotaView.Line(100, 0, at(5990), 0, Pacing.ALONE));
    }

    @Test
    void theOthersGoAtAnEvenPace() {
        QuotaBook book = limited(100, 80, 5);
        int sent = 0;
        for (long now = 50; now < 4000; now += 10) {
            sent += sendAll(book, now, 100);
        }
        assertThat(sent).isBetween(70, 80);
        assertThat(sendAll(limited(100, 80, 5), 1040, 100)).isBetween(17, 21);
    }

    @Test
    void theNextMomentIsTold() {
        QuotaBook book = limited(100, 80, 5);
        sendAll(book, 50, 100);
        long in = book.nextIn(ANY_KEY, at(50), false);
        assertThat(in).isPositive().isLessThan(at(100));
        assertThat(book.trySend(ANY_KEY, at(50) + in - 1, false)).isNull();
        assertThat(book.trySend(ANY_KEY, at(50) + in, false)).isNotNull();
    }

    @Test
    void whatNeverLeftIsGivenBackAndWhatWasNotAnsweredIsNot() {
        QuotaBook book = limited(100, 2, 5);
        Sending one = sendInteractive(book, 50);
        Sending two = sendInteractive(book, 50);
        book.unanswered(one, at(60));
        assertThat(book.trySend(ANY_KEY, at(60), true)).isNull();
        book.notSent(two, at(60));
        assertThat(sendAllInteractive(book, 60)).isEqualTo(1);
    }

    @Test
    void whenTheWindowEndsAllIsThereAgain() {
        QuotaBook book = book(QuotaOptions.greedy(), 1);
        Sending first = send(book, 0);
        book.answered(first, at(40), new QuotaReading(100, 0, seconds(2), true, seconds(5), Scope.UNSAID));
        assertThat(book.nextIn(ANY_KEY, at(40), true)).isEqualTo(at(2000));
        assertThat(book.trySend(ANY_KEY, at(2039), true)).isNull();
        assertThat(sendAllInteractive(book, 2041)).isEqualTo(100);
        assertThat(book.nextIn(ANY_KEY, at(2041), true)).isBetween(at(4998), at(5001));
    }

    @Test
    void afterALongSilenceTheFirstRequestGoesAlone() {
        QuotaBook book = greedy(1);
        Sending first = send(book, 0);
        book.answered(first, at(40), new QuotaReading(100, 90, seconds(2), true, seconds(5), Scope.UNSAID));
        Sending probe = send(book, 9000);
        assertThat(book.trySend(ANY_KEY, at(9001), true)).isNull();
        book.answered(probe, at(9040), new QuotaReading(100, 3, seconds(3), true, null, Scope.UNSAID));
        assertThat(sendAllInteractive(book, 9041)).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"150, 200", "3000000, 100"})
    void row61_moreThanTheLimitIsBelieved(int remaining, int atLeast) {
        QuotaBook book = limited(100, remaining, 5);
        assertThat(sendAllInteractive(book, 50, 200)).isEqualTo(Math.min(200, remaining));
        assertThat(atLeast).isPositive();
    }

    // ---- refusals

    @Test
    void afterARefusalNothingGoesBeforeTheWindowHasEnded() {
        QuotaBook book = limited(100, 50, 5);
        Sending sending = sendInteractive(book, 50);
        book.refused(
                sending, at(90), new QuotaReading(100, 0, Duration.ofMillis(4500), true, null, Scope.UNSAID), null);
        assertThat(book.nextIn(ANY_KEY, at(90), true)).isEqualTo(at(4500));
        assertThat(book.trySend(ANY_KEY, at(4589), true)).isNull();
        assertThat(book.view(at(90)).keys().get(0).refusals()).isEqualTo(1);
        // Others use this quota, or it would not have been refused.
        assertThat(book.view(at(90)).keys().get(0).pacing()).isEqualTo(Pacing.SHARED);
    }

    @Test
    void aRefusalThatSaysNothingHalvesTheRate() {
        QuotaBook book = unlimited(1);
        sendAll(book, 60, 39);
        Sending last = send(book, 60);
        sendAll(book, 60, 39);
        book.refused(last, at(100), null, seconds(1));
        assertThat(book.nextIn(ANY_KEY, at(100), true)).isEqualTo(at(1000));
        assertThat(book.view(at(100)).keys().get(0)).isEqualTo(new QuotaView.Line(-1, -1, -1, 1, Pacing.EVEN));
        // 40 in 40 ms were sent since: now one every 2 ms.
        send(book, 1100);
        sendAll(book, 1100, 100);
        assertThat(book.nextIn(ANY_KEY, at(1100), false)).isBetween(1L, at(2));
    }

    @Test
    void aLimitThatIsToldAfterAllReplacesTheSearch() {
        QuotaBook book = unlimited(1);
        Sending one = send(book, 60);
        Sending two = send(book, 60);
        book.refused(one, at(100), null, seconds(1));
        book.answered(two, at(101), reading(100, 7, 5));
        assertThat(book.view(at(101)).keys().get(0).pacing()).isEqualTo(Pacing.ALONE);
        assertThat(sendAllInteractive(book, 102)).isEqualTo(7);
    }

    // ---- keys

    @Test
    void theKeyWithTheMostLeftIsUsed() {
        QuotaBook book = greedy(3);
        int[] left = {5, 50, 20};
        for (int key = 0; key < 3; key++) {
            Sending probe = book.trySend(key, at(0), true);
            book.answered(probe, at(40), reading(100, left[key], 5));
        }
        List<Integer> keys = new ArrayList<>();
        for (int i = 0; i < 75; i++) {
            keys.add(sendInteractive(book, 50).key());
        }
        assertThat(keys.subList(0, 30)).containsOnly(1);
        assertThat(keys).filteredOn(key -> key == 0).hasSize(5);
        assertThat(keys).filteredOn(key -> key == 1).hasSize(50);
        assertThat(book.trySend(ANY_KEY, at(50), true)).isNull();
        assertThat(book.trySend(1, at(50), true)).isNull();
    }

    @Test
    void aKeyThatIsRemovedIsNotUsedAnyMore() {
        QuotaBook book = unlimited(3);
        Sending late = book.trySend(1, at(50), false);
        book.remove(1);
        for (int i = 0; i < 10; i++) {
            assertThat(send(book, 60).key()).isNotEqualTo(1);
        }
        assertThat(book.trySend(1, at(60), true)).isNull();
        assertThat(book.nextIn(1, at(60), true)).isEqualTo(UNTIL_ANSWERED);
        assertThat(book.nextIn(0, at(60), true)).isZero();
        assertThat(book.view(at(60)).keys().get(1).pacing()).isEqualTo(Pacing.REMOVED);
        book.answered(late, at(70), reading(100, 1, 5));
        book.refused(late, at(70), reading(100, 1, 5), null);
        book.remove(0);
        book.remove(2);
        assertThat(book.trySend(ANY_KEY, at(80), true)).isNull();
        assertThat(book.nextIn(ANY_KEY, at(80), true)).isEqualTo(UNTIL_ANSWERED);
    }

    @Test
    void theOrganisationsLimitHoldsForAllKeys() {
        QuotaBook book = unlimited(2);
        Sending one = book.trySend(0, at(50), true);
        book.answered(one, at(60), new QuotaReading(300, 4, seconds(5), false, null, Scope.ORGANISATION));
        assertThat(book.view(at(60)).organisation().limit()).isEqualTo(300);
        assertThat(book.view(at(60)).keys().get(0).limit()).isEqualTo(-1);
        assertThat(book.trySend(1, at(60), true)).isNotNull();
        assertThat(sendAllInteractive(book, 60)).isEqualTo(3);
        assertThat(book.trySend(1, at(60), true)).isNull();
    }

    @Test
    void row62_ofTwoLimitsThatAlternateTheLargerIsTheOrganisations() {
        QuotaBook book = limited(100, 90, 5);
        Sending one = sendInteractive(book, 50);
        Sending two = sendInteractive(book, 50);
        Sending three = sendInteractive(book, 50);
        book.answered(one, at(60), reading(300, 40, 5));
        // A single other value is another limit.
        assertThat(book.view(at(60)).keys().get(0).limit()).isEqualTo(300);
        book.answered(two, at(61), reading(100, 39, 5));
        assertThat(book.view(at(61)).keys().get(0).limit()).isEqualTo(100);
        assertThat(book.view(at(61)).organisation().limit()).isEqualTo(300);
        book.answered(three, at(62), reading(300, 12, 5));
        assertThat(book.view(at(62)).organisation().remaining()).isEqualTo(12);
        assertThat(sendAllInteractive(book, 63)).isEqualTo(12);
    }

    @Test
    void aLimitLargerThanThatOfAnotherKeyIsTheOrganisations() {
        QuotaBook book = unlimited(2);
        book.answered(book.trySend(0, at(50), true), at(60), reading(100, 50, 5));
        book.answered(book.trySend(1, at(50), true), at(60), reading(300, 40, 5));
        assertThat(book.view(at(60)).keys().get(1).limit()).isEqualTo(-1);
        assertThat(book.view(at(60)).organisation().limit()).isEqualTo(300);
    }

    @Test
    void withSeveralKeysALargerLimitIsNeverThatOfTheSameKey() {
        QuotaBook book = unlimited(2);
        Sending one = book.trySend(0, at(50), true);
        Sending two = book.trySend(0, at(50), true);
        book.answered(one, at(60), reading(100, 50, 5));
        book.answered(two, at(61), reading(300, 40, 5));
        assertThat(book.view(at(61)).keys().get(0).limit()).isEqualTo(100);
        assertThat(book.view(at(61)).organisation().remaining()).isEqualTo(40);
    }

    @Test
    void aRefusalByOneLimitIsNoneByTheOther() {
        QuotaBook book = unlimited(2);
        for (Scope scope : List.of(Scope.KEY, Scope.ORGANISATION)) {
            book.answered(book.trySend(0, at(50), true), at(60), told(100, 50, scope));
        }
        book.answered(book.trySend(1, at(60), true), at(65), told(100, 30, Scope.KEY));
        book.refused(book.trySend(0, at(70), true), at(80), told(100, 0, Scope.KEY), seconds(2));
        assertThat(book.trySend(0, at(90), true)).isNull();
        assertThat(book.view(at(90)).keys().get(0).refusals()).isEqualTo(1);
        Sending other = book.trySend(1, at(90), true);
        assertThat(other).isNotNull();
        book.refused(other, at(95), told(100, 0, Scope.ORGANISATION), seconds(2));
        assertThat(book.view(at(95)).organisation().refusals()).isEqualTo(1);
        assertThat(book.view(at(95)).keys().get(1).refusals()).isZero();
        assertThat(book.nextIn(ANY_KEY, at(95), true)).isEqualTo(at(2000));
    }

    @Test
    void aLedgerThatIsNotSeenForThreeWindowsDoesNotHoldAnyMore() {
        QuotaBook book = unlimited(1);
        book.answered(send(book, 50), at(60), told(100, 50, Scope.KEY));
        book.answered(sendInteractive(book, 60), at(70), told(300, 60, Scope.ORGANISATION));
        for (long now = 100; now < 15_000; now += 500) {
            Sending sending = book.trySend(ANY_KEY, at(now), true);
            if (sending != null) {
                book.answered(sending, at(now + 10), told(100, 90, Scope.KEY));
            }
        }
        assertThat(book.view(at(15_000)).organisation().limit()).isEqualTo(300);
        book.answered(sendInteractive(book, 15_100), at(15_110), told(100, 80, Scope.KEY));
        assertThat(book.view(at(15_110)).organisation().limit()).isEqualTo(-1);
    }

    // ---- what the user chose

    @Test
    void noneNeverWaits() {
        QuotaBook book = book(QuotaOptions.none(), 1);
        Sending sending = send(book, 0);
        assertThat(sendAll(book, 0, 100)).isEqualTo(100);
        book.answered(sending, at(10), reading(100, 0, 5));
        book.refused(sending, at(10), reading(100, 0, 5), seconds(5));
        assertThat(sendAll(book, 10, 100)).isEqualTo(100);
        assertThat(book.nextIn(ANY_KEY, at(10), false)).isZero();
    }

    @Test
    void aShareIsAPartOfEachWindow() {
        QuotaBook book = book(QuotaOptions.share(0.25), 1);
        book.answered(send(book, 0), at(40), reading(100, 99, 5));
        assertThat(sendAllInteractive(book, 50)).isEqualTo(24);
        assertThat(book.nextIn(ANY_KEY, at(50), true)).isEqualTo(at(5990));
    }

    @Test
    void aFixedRateHoldsForAllKeysTogetherAndBelievesNoLimit() {
        QuotaBook book = book(QuotaOptions.fixed(10), 2);
        Sending first = send(book, 0);
        assertThat(book.trySend(ANY_KEY, at(50), false)).isNull();
        assertThat(book.trySend(1, at(50), false)).isNull();
        book.answered(first, at(60), reading(100, 0, 5));
        assertThat(book.trySend(ANY_KEY, at(60), true)).as("it holds for all").isNull();
        assertThat(book.nextIn(ANY_KEY, at(60), false)).isEqualTo(at(20));
        assertThat(send(book, 180)).isNotNull();
        book.refused(first, at(190), reading(100, 0, 5), seconds(3));
        assertThat(book.nextIn(ANY_KEY, at(190), true)).isEqualTo(at(3000));
        assertThat(book.view(at(190)).organisation()).isEqualTo(new QuotaView.Line(-1, -1, -1, 1, Pacing.EVEN));
        assertThat(book.view(at(190)).keys().get(0).pacing()).isEqualTo(Pacing.EVEN);
    }

    // ---- clocks

    /** No wall clock is read anywhere, and where the monotonic clock begins, even below zero, does not matter. */
    @Test
    void row68_onlyDifferencesOfTimeMatter() {
        assertThat(sentTimes(at(-3_600_000))).isEqualTo(sentTimes(0)).isEqualTo(sentTimes(at(3_600_000)));
    }

    /** When the requests of twelve seconds go, counted from the begin. */
    private static List<Long> sentTimes(long origin) {
        QuotaBook book = greedy(1);
        Sending first = book.trySend(ANY_KEY, origin, false);
        book.answered(first, origin + at(40), new QuotaReading(20, 19, seconds(2), true, seconds(5), Scope.UNSAID));
        List<Long> times = new ArrayList<>();
        for (long now = 50; now < 12_000; now += 10) {
            Sending sending = book.trySend(ANY_KEY, origin + at(now), false);
            if (sending != null) {
                times.add(now);
                book.answered(sending, origin + at(now + 5), null);
            }
        }
        assertThat(times).hasSizeGreaterThan(20);
        return times;
    }

    // ---- at the same time

    @Test
    void whatLeavesWhileTheFirstLimitIsReadIsNotForgotten() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < 3_000; round++) {
                QuotaBook book = book(QuotaOptions.greedy(), 1);
                Sending first = send(book, 0);
                book.answered(first, at(1), null);
                Sending known = send(book, 2);
                CyclicBarrier together = new CyclicBarrier(2);
                Future<List<Sending>> sent = other.submit(() -> {
                    together.await();
                    return IntStream.range(0, 20)
                            .mapToObj(i -> book.trySend(ANY_KEY, at(2), true))
                            .filter(Objects::nonNull)
                            .toList();
                });
                together.await();
                book.answered(known, at(2), reading(1_000, 900, 5));
                for (Sending each : sent.get(10, TimeUnit.SECONDS)) {
                    book.answered(each, at(3), reading(1_000, 800, 5));
                }
                assertThat(book.trySend(ANY_KEY, at(4), true)).isNotNull();
                assertThat(book.view(at(4)).keys().get(0).remaining())
                        .as("round %d", round)
                        .isEqualTo(799);
            }
        } finally {
            other.shutdownNow();
        }
    }

    // ---- values that cannot be

    @Test
    void row59_hostileNumbersGrantNothingAndThrowNothing() {
        int[] limits = {Integer.MIN_VALUE, -1, 0, 1, 2, 100, Integer.MAX_VALUE};
        int[] remainings = {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE};
        Duration[] times = {
            null,
            Duration.ofSeconds(Long.MIN_VALUE),
            Duration.ofSeconds(-1),
            Duration.ZERO,
            Duration.ofNanos(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)
        };
        for (int limit : limits) {
            for (int remaining : remainings) {
                for (Duration reset : times) {
                    for (Duration window : times) {
                        hostile(new QuotaReading(limit, remaining, reset, limit % 2 == 0, window, Scope.UNSAID), reset);
                    }
                }
            }
        }
    }

    private static void hostile(QuotaReading reading, @Nullable Duration retryAfter) {
        QuotaBook book = limited(100, 50, 5);
        Sending one = sendInteractive(book, 50);
        Sending two = sendInteractive(book, 50);
        book.answered(one, at(60), reading);
        book.trySend(ANY_KEY, at(70), false);
        book.refused(two, at(80), reading, retryAfter);
        assertThat(book.nextIn(ANY_KEY, at(90), true)).as("%s", reading).isBetween(0L, at(3_700_000));
        // One that says that its window ends at once promises a whole new one.
        int most = Math.max(Math.max(50, reading.limit()), reading.remaining());
        if (most < 1000) {
            assertThat(sendAllInteractive(book, 90, 2000)).as("%s", reading).isLessThanOrEqualTo(most);
        }
        for (long now = 100; now < 400_000; now += 20_000) {
            Sending sending = book.trySend(ANY_KEY, at(now), false);
            if (sending != null) {
                book.answered(sending, at(now + 50), reading);
            }
        }
        assertThat(book.view(at(400_000)).keys()).hasSize(1);
    }

    // ---- several threads

    @Test
    void threadsTogetherSendNoMoreThanThereIs() throws Exception {
        QuotaBook book = limited(10_000, 5_000, 5);
        AtomicInteger sent = new AtomicInteger();
        CountDownLatch begin = new CountDownLatch(1);
        var threads = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 4; i++) {
            threads.execute(() -> {
                try {
                    begin.await();
                } catch (InterruptedException e) {
                    return;
                }
                sent.addAndGet(sendAllInteractive(book, 50));
            });
        }
        begin.countDown();
        threads.shutdown();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(sent).hasValue(5_000);
    }

    // ---- words

    private static QuotaBook book(QuotaOptions options, int keys) {
        return new QuotaBook(options, keys, () -> 0);
    }

    private static QuotaBook greedy(int keys) {
        return book(QuotaOptions.greedy(), keys);
    }

    /** A book that has seen an answer for each key, none of which told a limit. */
    private static QuotaBook unlimited(int keys) {
        QuotaBook book = greedy(keys);
        for (int key = 0; key < keys; key++) {
            book.answered(book.trySend(key, at(0), true), at(40), null);
        }
        return book;
    }

    /** A book whose first request, sent at 0 and answered at 40, told a limit. */
    private static QuotaBook limited(int limit, int remaining, int reset) {
        QuotaBook book = greedy(1);
        book.answered(send(book, 0), at(40), reading(limit, remaining, reset));
        return book;
    }

    @Test
    void whatSomebodyElseLetGoIsCounted() {
        QuotaBook book = greedy(1);
        Sending first = book.sent(0, at(0));
        assertThat(book.trySend(ANY_KEY, at(1), true)).isNull();
        book.answered(first, at(40), reading(100, 10, 5));
        for (int i = 0; i < 7; i++) {
            book.sent(0, at(50));
        }
        assertThat(sendAllInteractive(book, 50)).isEqualTo(3);
    }

    @Test
    void whatSomebodyElseLetGoIsNotOwedToTheRateThatWasAskedFor() {
        QuotaBook book = new QuotaBook(QuotaOptions.fixed(1), 1, () -> 0);
        for (int i = 0; i < 1_000; i++) {
            book.sent(0, at(i));
        }
        send(book, 1_000);
        assertThat(book.nextIn(ANY_KEY, at(1_000), false)).isLessThanOrEqualTo(at(1_000));
    }

    private static QuotaReading reading(int limit, int remaining, int reset) {
        return new QuotaReading(limit, remaining, seconds(reset), false, null, Scope.UNSAID);
    }

    private static QuotaReading told(int limit, int remaining, Scope scope) {
        return new QuotaReading(limit, remaining, null, false, seconds(5), scope);
    }

    private static Sending send(QuotaBook book, long now) {
        Sending sending = book.trySend(ANY_KEY, at(now), false);
        assertThat(sending).isNotNull();
        return sending;
    }

    private static Sending sendInteractive(QuotaBook book, long now) {
        Sending sending = book.trySend(ANY_KEY, at(now), true);
        assertThat(sending).isNotNull();
        return sending;
    }

    private static int sendAll(QuotaBook book, long now, int most) {
        int sent = 0;
        while (sent < most && book.trySend(ANY_KEY, at(now), false) != null) {
            sent++;
        }
        return sent;
    }

    private static int sendAllInteractive(QuotaBook book, long now) {
        return sendAllInteractive(book, now, Integer.MAX_VALUE);
    }

    private static int sendAllInteractive(QuotaBook book, long now, int most) {
        int sent = 0;
        while (sent < most && book.trySend(ANY_KEY, at(now), true) != null) {
            sent++;
        }
        return sent;
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static long at(long millis) {
        return millis * MILLI;
    }
}
