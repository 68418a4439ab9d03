package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.reactor.Lane.Place;
import dev.closecrm.reactor.Lane.Rank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Who goes when quota is short, in virtual time. That permits are short is {@link PermitGateTest}. */
class LaneTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final PermitGate gate = new PermitGate(32, 100);
    private final List<String> told = new ArrayList<>();

    @Test
    void oneGoesFirstAndTheOthersWhenItsAnswerNamesNoLimit() {
        Lane lane = lane(QuotaOptions.greedy(), 1);
        Place a = enter(lane, "a", Rank.BULK);
        enter(lane, "b", Rank.BULK);
        enter(lane, "c", Rank.SINGLE);
        assertThat(told).containsExactly("a");
        assertThat(lane.shortOfQuota()).isTrue();
        a.report(new AttemptResult.Deleted(200));
        assertThat(told).containsExactly("a", "c", "b");
        assertThat(lane.shortOfQuota()).isFalse();
    }

    @Test
    void thoseWhoWaitForQuotaAreWokenByOneTimer() {
        Lane lane = lane(QuotaOptions.fixed(10), 1);
        for (String name : List.of("a", "b", "c", "d")) {
            enter(lane, name, Rank.BULK);
        }
        time.advanceTimeBy(Duration.ofMillis(70));
        assertThat(told).containsExactly("a");
        time.advanceTimeBy(Duration.ofMillis(31));
        assertThat(told).containsExactly("a", "b");
        time.advanceTimeBy(Duration.ofMillis(200));
        assertThat(told).containsExactly("a", "b", "c", "d");
        assertThat(lane.waitedForQuota()).isBetween(Duration.ofMillis(270), Duration.ofMillis(310));
    }

    @Test
    void whoWaitsForASingleCallGoesBeforeAllOfABulkRun() {
        Lane lane = lane(QuotaOptions.greedy(), 1);
        Place first = enter(lane, "first", Rank.BULK);
        for (int i = 0; i < 10; i++) {
            enter(lane, "bulk" + i, Rank.BULK);
        }
        enter(lane, "single", Rank.SINGLE);
        // Two more in the rest of a window of ten seconds: a bulk run spreads them, a single call takes one at once.
        first.report(answer(100, 2, Duration.ofSeconds(10)));
        assertThat(told).startsWith("first", "single");
        assertThat(told).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void whoLeavesWhileWaitingTakesNoQuota() {
        Lane lane = lane(QuotaOptions.fixed(1), 1);
        enter(lane, "a", Rank.BULK);
        List<Place> others = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            others.add(enter(lane, "b" + i, Rank.BULK));
        }
        enter(lane, "z", Rank.BULK);
        others.forEach(Place::leave);
        assertThat(gate.waiting()).isEqualTo(1);
        time.advanceTimeBy(Duration.ofMillis(1_001));
        assertThat(told).containsExactly("a", "z");
    }

    @Test
    void aTenantThatIsShortOfQuotaDoesNotHoldUpAnother() {
        Lane poor = lane(QuotaOptions.fixed(1), 1);
        Lane rich = lane(QuotaOptions.none(), 1);
        enter(poor, "poor1", Rank.SINGLE);
        enter(poor, "poor2", Rank.BULK);
        enter(rich, "rich1", Rank.BULK);
        enter(rich, "rich2", Rank.BULK);
        assertThat(told).containsExactly("poor1", "rich1", "rich2");
    }

    @Test
    void tenantsTakeTurnsWhenPermitsAreShort() {
        PermitGate one = new PermitGate(1, 100);
        Lane first = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        Lane second = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            places.add(enter(first, "first" + i, Rank.BULK));
        }
        places.add(enter(second, "second0", Rank.BULK));
        places.get(0).leave();
        places.get(1).leave();
        places.get(3).leave();
        assertThat(told).containsExactly("first0", "first1", "second0", "first2");
    }

    @Test
    void callsOfAKeyThatIsTakenOutUseAnother() {
        Lane lane = lane(QuotaOptions.greedy(), 2);
        Place a = enter(lane, "a", Rank.SINGLE);
        assertThat(a.key()).isZero();
        a.rest();
        lane.remove(0);
        a.resume(0);
        a.turn().subscribe(turn -> told.add("a again"));
        assertThat(told).containsExactly("a", "a again");
        assertThat(a.key()).isEqualTo(1);
    }

    @Test
    void closingOneLaneLeavesTheOthersOpen() {
        Lane one = lane(QuotaOptions.fixed(1), 1);
        Lane other = lane(QuotaOptions.none(), 1);
        Place a = enter(one, "a", Rank.BULK);
        List<Lane.Turn> turns = new ArrayList<>();
        one.enter(Rank.BULK).turn().subscribe(turns::add);
        List<String> drained = new ArrayList<>();
        one.drained().doOnTerminate(() -> drained.add("drained")).subscribe();
        one.close();
        assertThat(turns).containsExactly(Lane.Turn.CLOSED);
        assertThat(drained).isEmpty();
        a.leave();
        assertThat(drained).containsExactly("drained");
        enter(other, "b", Rank.BULK);
        assertThat(told).containsExactly("a", "b");
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void whoWaitsInALaneThatIsClosedIsToldEvenIfNoPermitIsFree() {
        PermitGate one = new PermitGate(1, 100);
        Lane busy = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        Lane closing = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        enter(busy, "busy", Rank.BULK);
        List<Lane.Turn> turns = new ArrayList<>();
        closing.enter(Rank.BULK).turn().subscribe(turns::add);
        closing.close();
        assertThat(turns).containsExactly(Lane.Turn.CLOSED);
        assertThat(one.waiting()).isZero();
    }

    @Test
    void whoHearsThatItsLaneIsClosedMayWaitInAnother() {
        PermitGate one = new PermitGate(1, 100);
        Lane closing = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        Lane other = new Lane(one, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        Place busy = enter(other, "busy", Rank.BULK);
        closing.enter(Rank.BULK).turn().subscribe(turn -> enter(other, "again", Rank.BULK));
        closing.close();
        assertThat(one.waiting()).isEqualTo(1);
        busy.leave();
        assertThat(told).containsExactly("busy", "again");
    }

    @Test
    void aLaneThatIsClosedWhileTurnsAreHandedOutTellsThoseWhoWait() {
        Lane closing = lane(QuotaOptions.fixed(0.001), 1);
        enter(closing, "a", Rank.BULK);
        List<Lane.Turn> turns = new ArrayList<>();
        closing.enter(Rank.BULK).turn().subscribe(turns::add);
        Scheduler meanwhile = new Scheduler() {
            @Override
            public Disposable schedule(Runnable task) {
                closing.close();
                return Disposables.disposed();
            }

            @Override
            public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                return schedule(task);
            }

            @Override
            public Worker createWorker() {
                throw new UnsupportedOperationException();
            }
        };
        Lane other = new Lane(gate, new QuotaBook(QuotaOptions.fixed(1), 1, () -> 0), 1, meanwhile, this::now);
        enter(other, "b", Rank.BULK);
        enter(other, "waits for the timer", Rank.BULK);
        assertThat(turns).containsExactly(Lane.Turn.CLOSED);
    }

    @Test
    void whoWaitsForQuotaTakesNobodyElseTheRoomToWait() {
        PermitGate small = new PermitGate(4, 2);
        Lane poor = new Lane(small, new QuotaBook(QuotaOptions.fixed(0.001), 1, () -> 0), 1, time, this::now);
        Lane other = new Lane(small, new QuotaBook(QuotaOptions.fixed(0.001), 1, () -> 0), 1, time, this::now);
        for (int i = 0; i < 3; i++) {
            enter(poor, "poor" + i, Rank.SINGLE);
        }
        List<Lane.Turn> turns = new ArrayList<>();
        poor.enter(Rank.SINGLE).turn().subscribe(turns::add);
        assertThat(turns).containsExactly(Lane.Turn.FULL);
        enter(other, "other0", Rank.SINGLE);
        other.enter(Rank.SINGLE).turn().subscribe(turns::add);
        assertThat(turns).as("still waits").hasSize(1);
        assertThat(told).containsExactly("poor0", "other0");
    }

    @Test
    void theLastOneToGiveUpLeavesNoTrace() {
        Lane lane = lane(QuotaOptions.fixed(0.001), 1);
        enter(lane, "a", Rank.BULK);
        Place b = lane.enter(Rank.BULK);
        assertThat(lane.shortOfQuota()).isTrue();
        time.advanceTimeBy(Duration.ofSeconds(5));
        b.leave();
        time.advanceTimeBy(Duration.ofHours(1));
        assertThat(lane.shortOfQuota()).isFalse();
        assertThat(lane.waitedForQuota()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void whenNobodyWaitsAnyMoreTheTimerIsTakenOff() {
        SetTimers timers = new SetTimers(time);
        Lane lane = new Lane(gate, new QuotaBook(QuotaOptions.fixed(0.001), 1, () -> 0), 1, timers, this::now);
        enter(lane, "a", Rank.BULK);
        Place b = enter(lane, "b", Rank.BULK);
        Place c = enter(lane, "c", Rank.SINGLE);
        b.leave();
        assertThat(timers.toCome()).isEqualTo(1);
        c.leave();
        assertThat(timers.toCome()).isZero();
        // Who comes then is woken as always.
        enter(lane, "d", Rank.BULK);
        time.advanceTimeBy(Duration.ofSeconds(1_001));
        assertThat(told).containsExactly("a", "d");
    }

    @Test
    void soItIsWhenAnAnswerLetsTheLastOneGo() {
        SetTimers timers = new SetTimers(time);
        Lane lane = new Lane(gate, new QuotaBook(QuotaOptions.greedy(), 1, () -> 0), 1, timers, this::now);
        Place a = enter(lane, "a", Rank.SINGLE);
        a.report(answer(100, 1, Duration.ofSeconds(10)));
        Place b = enter(lane, "b", Rank.SINGLE);
        enter(lane, "c", Rank.SINGLE);
        assertThat(timers.toCome()).isEqualTo(1);
        b.report(answer(100, 100, Duration.ofSeconds(10)));
        assertThat(told).containsExactly("a", "b", "c");
        assertThat(timers.toCome()).isZero();
    }

    @Test
    void aTimerThatRefusesATaskStopsNobodyElse() {
        Scheduler refusing = Schedulers.newSingle("refusing");
        refusing.dispose();
        Lane broken = new Lane(gate, new QuotaBook(QuotaOptions.fixed(1), 1, () -> 0), 1, refusing, this::now);
        List<Throwable> dropped = new ArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        try {
            enter(broken, "a", Rank.BULK);
            enter(broken, "b", Rank.BULK);
        } finally {
            Hooks.resetOnErrorDropped();
        }
        assertThat(dropped).isNotEmpty();
        Lane other = lane(QuotaOptions.fixed(1), 1);
        enter(other, "c", Rank.BULK);
        enter(other, "d", Rank.BULK);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(told).containsExactly("a", "c", "d");
        assertThat(gate.inFlight()).isEqualTo(3);
    }

    @Test
    void aHookThatThrowsAtWhatGoesWrongInALaneStopsNobodyElse() {
        Scheduler refusing = Schedulers.newSingle("refusing");
        refusing.dispose();
        Lane broken = new Lane(gate, new QuotaBook(QuotaOptions.fixed(1), 1, () -> 0), 1, refusing, this::now);
        enter(broken, "a", Rank.BULK);
        Hooks.onErrorDropped(error -> {
            throw new IllegalStateException("thrown by a hook, as the test wants it", error);
        });
        try {
            assertThatThrownBy(() -> enter(broken, "b", Rank.BULK)).hasMessageContaining("as the test wants it");
        } finally {
            Hooks.resetOnErrorDropped();
        }
        Lane other = lane(QuotaOptions.fixed(1), 1);
        enter(other, "c", Rank.BULK);
        enter(other, "d", Rank.BULK);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(told).containsExactly("a", "c", "d");
    }

    @Test
    void whatGoesWrongInOneLaneDoesNotHoldUpThoseInLineBehindIt() {
        PermitGate two = new PermitGate(2, 100);
        Scheduler refusing = Schedulers.newSingle("refusing");
        refusing.dispose();
        Lane broken = new Lane(two, new QuotaBook(QuotaOptions.fixed(1), 1, () -> 0), 1, refusing, this::now);
        Lane other = new Lane(two, new QuotaBook(QuotaOptions.none(), 1, () -> 0), 1, time, this::now);
        enter(broken, "a", Rank.BULK);
        Place busy = enter(other, "busy", Rank.BULK);
        enter(broken, "b", Rank.BULK);
        enter(other, "c", Rank.BULK);
        Hooks.onErrorDropped(error -> {});
        try {
            busy.leave();
        } finally {
            Hooks.resetOnErrorDropped();
        }
        assertThat(told).containsExactly("a", "busy", "c");
        assertThat(two.inFlight()).isEqualTo(2);
    }

    @Test
    void whoTakesLongOverTheNewsThatItsLaneIsClosedHoldsUpNoOther() throws Exception {
        Lane slow = lane(QuotaOptions.fixed(0.001), 1);
        enter(slow, "a", Rank.BULK);
        whileSomebodyIsBusyWithItsNews(busy -> {
            slow.enter(Rank.BULK).turn().subscribe(turn -> busy.run());
            slow.close();
        });
    }

    @Test
    void whoTakesLongOverItsTurnHoldsUpNoOther() throws Exception {
        Lane slow = lane(QuotaOptions.fixed(1), 1);
        enter(slow, "a", Rank.BULK);
        whileSomebodyIsBusyWithItsNews(busy -> {
            slow.enter(Rank.BULK).turn().subscribe(turn -> busy.run());
            time.advanceTimeBy(Duration.ofSeconds(2));
        });
    }

    @Test
    void whoTakesLongOverTheNewsThatALaneIsDrainedHoldsUpNoOther() throws Exception {
        Lane slow = lane(QuotaOptions.fixed(0.001), 1);
        enter(slow, "a", Rank.BULK).leave(true);
        slow.enter(Rank.BULK);
        whileSomebodyIsBusyWithItsNews(busy -> {
            slow.drained().doOnTerminate(busy).subscribe();
            slow.close();
        });
    }

    /**
     * The calls of another tenant get their turn while somebody, on another thread, does not come back from its news.
     *
     * @param slowly has what it is given called by somebody who is told
     */
    private void whileSomebodyIsBusyWithItsNews(Consumer<Runnable> slowly) throws Exception {
        Lane other = lane(QuotaOptions.greedy(), 1);
        Place b1 = enter(other, "b1", Rank.BULK);
        enter(other, "b2", Rank.BULK);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch othersWent = new CountDownLatch(1);
        CompletableFuture<Void> elsewhere = CompletableFuture.runAsync(() -> slowly.accept(() -> {
            busy.countDown();
            await(othersWent);
        }));
        try {
            await(busy);
            b1.report(new AttemptResult.Deleted(200));
            enter(other, "b3", Rank.BULK);
            assertThat(told).containsExactly("a", "b1", "b2", "b3");
        } finally {
            othersWent.countDown();
        }
        elsewhere.get(20, TimeUnit.SECONDS);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Comes, leaves and closes on several threads: every one is told, and nothing is left. */
    @Test
    void closingWhileOthersComeAndGoForgetsNobody() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < 2_000; round++) {
                PermitGate shared = new PermitGate(2, 3);
                Lane one = new Lane(shared, new QuotaBook(QuotaOptions.greedy(), 1, () -> 0), 1, time, () -> 0);
                Lane two = new Lane(shared, new QuotaBook(QuotaOptions.greedy(), 1, () -> 0), 1, time, () -> 0);
                AtomicInteger told = new AtomicInteger();
                CyclicBarrier together = new CyclicBarrier(3);
                List<Callable<Void>> work = List.of(
                        () -> comeAndGo(together, one, told, 10), () -> comeAndGo(together, two, told, 10), () -> {
                            together.await();
                            shared.close();
                            return null;
                        });
                for (Future<Void> each : threads.invokeAll(work)) {
                    each.get(20, TimeUnit.SECONDS);
                }
                assertThat(told).as("round %d", round).hasValue(20);
                assertThat(shared.waiting()).isZero();
                assertThat(shared.inFlight()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoWaitsWhileOthersGiveUpIsNeverWithoutATimer() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 2_000; round++) {
                PermitGate own = new PermitGate(2, 100);
                SetTimers timers = new SetTimers(time);
                Lane lane = new Lane(own, new QuotaBook(QuotaOptions.fixed(0.001), 1, () -> 0), 1, timers, () -> 0);
                lane.enter(Rank.BULK);
                CyclicBarrier together = new CyclicBarrier(2);
                Future<Void> others = threads.submit(() -> {
                    together.await();
                    for (int i = 0; i < 10; i++) {
                        lane.enter(Rank.BULK).leave();
                    }
                    return null;
                });
                Future<Place> one = threads.submit(() -> {
                    together.await();
                    return lane.enter(Rank.BULK);
                });
                others.get(20, TimeUnit.SECONDS);
                Place waits = one.get(20, TimeUnit.SECONDS);
                assertThat(timers.toCome()).as("round %d", round).isEqualTo(1);
                waits.leave();
                assertThat(timers.toCome()).as("round %d", round).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Void comeAndGo(CyclicBarrier together, Lane lane, AtomicInteger told, int times) throws Exception {
        together.await();
        for (int i = 0; i < times; i++) {
            Place place = lane.enter(i % 2 == 0 ? Rank.SINGLE : Rank.BULK);
            place.turn().subscribe(turn -> {
                told.incrementAndGet();
                place.leave();
            });
        }
        return null;
    }

    private Place enter(Lane lane, String name, Rank rank) {
        Place place = lane.enter(rank);
        place.turn().subscribe(turn -> told.add(name));
        return place;
    }

    private Lane lane(QuotaOptions options, int keys) {
        return new Lane(gate, new QuotaBook(options, keys, () -> 0), keys, time, this::now);
    }

    private long now() {
        return time.now(TimeUnit.NANOSECONDS);
    }

    private static AttemptResult answer(int limit, int remaining, Duration reset) {
        return new AttemptResult.Deleted(
                200,
                new QuotaReading(limit, remaining, reset, false, Duration.ofSeconds(10), QuotaReading.Scope.UNSAID));
    }
}
