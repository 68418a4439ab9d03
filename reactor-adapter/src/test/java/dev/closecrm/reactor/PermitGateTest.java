package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.reactor.Lane.Place;
import dev.closecrm.reactor.Lane.Rank;
import dev.closecrm.reactor.Lane.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class PermitGateTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final PermitGate gate = new PermitGate(2, 3);
    private final List<String> told = new ArrayList<>();

    @Test
    void soManyPassAndTheOthersWaitInTheOrderOfTheirComing() {
        Place a = enter("a");
        Place b = enter("b");
        enter("c");
        enter("d");
        assertThat(told).containsExactly("a GRANTED", "b GRANTED");
        assertThat(gate.waiting()).isEqualTo(2);

        b.leave();
        a.leave();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c GRANTED", "d GRANTED");
        assertThat(gate.inFlight()).isEqualTo(2);
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void oneTooManyIsTurnedAwayAtOnceAndLeavesNoTrace() {
        List<Place> places = List.of(enter("a"), enter("b"), enter("c"), enter("d"), enter("e"), enter("f"));
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "f FULL");
        places.forEach(Place::leave);
        assertThat(gate.inFlight()).isZero();
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void whoLeavesWhileWaitingGetsNoTurn() {
        Place a = enter("a");
        enter("b");
        Place c = enter("c");
        enter("d");
        c.leave();
        a.leave();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "d GRANTED");
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void leavingTwiceFreesOnePermit() {
        Place a = enter("a");
        a.leave();
        a.leave();
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void aClosedGateTellsThoseWhoWaitAndThoseWhoComeAndDrainsWithTheLastCall() {
        Place a = enter("a");
        Place b = enter("b");
        enter("c");
        gate.close();
        enter("d");
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c CLOSED", "d CLOSED");

        StepVerifier.create(gate.drained())
                .expectSubscription()
                .then(a::leave)
                .then(() -> assertThat(gate.inFlight()).isEqualTo(1))
                .then(b::leave)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anIdleGateDrainsAtOnce() {
        gate.close();
        StepVerifier.create(gate.drained()).expectComplete().verify(LIMIT);
    }

    @Test
    void tenThousandCallsThatEndAtOnceDoNotStandOnOneStack() {
        PermitGate narrow = new PermitGate(1, 10_000);
        Place first = enter(narrow, Rank.SINGLE);
        AtomicInteger done = new AtomicInteger();
        Flux.range(0, 10_000)
                .flatMap(
                        i -> Mono.using(
                                () -> enter(narrow, Rank.SINGLE),
                                place -> place.turn().doOnNext(turn -> done.incrementAndGet()),
                                Place::leave),
                        10_000)
                .subscribe();
        first.leave();
        assertThat(done).hasValue(10_000);
        assertThat(narrow.inFlight()).isZero();
    }

    @Test
    void comingLeavingAndGrantingAtTheSameTimeLosesNoPermit() throws Exception {
        long seed = Long.getLong("closecrm.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        PermitGate shared = new PermitGate(4, 1_000);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger peak = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                Random random = new Random(seed + t);
                work.add(() -> {
                    for (int i = 0; i < 25_000; i++) {
                        comeAndGo(shared, random.nextBoolean(), inside, peak);
                    }
                    return null;
                });
            }
            for (Future<Void> each : threads.invokeAll(work)) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(peak.get()).isLessThanOrEqualTo(4);
        assertThat(shared.inFlight()).isZero();
        assertThat(shared.waiting()).isZero();
    }

    @Test
    void whoRestsGivesThePermitBackAndComesBeforeNewcomers() {
        Place a = enter("a");
        enter("b");
        enter("c");
        Mono<Void> closing = a.rest();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c GRANTED");
        assertThat(gate.resting()).isEqualTo(1);

        Place d = enter("d");
        a.resume(QuotaBook.ANY_KEY);
        a.turn().subscribe(turn -> told.add("a again " + turn));
        assertThat(gate.resting()).isZero();
        assertThat(gate.waiting()).isEqualTo(2);
        StepVerifier.create(closing).expectSubscription().thenCancel().verify(Duration.ofSeconds(5));

        d.leave();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c GRANTED");
        gate.close();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c GRANTED", "a again CLOSED");
    }

    @Test
    void whoResumesFirstGoesFirst() {
        Place a = enter("a");
        Place b = enter("b");
        a.rest();
        Place c = enter("c");
        enter("d");
        a.resume(QuotaBook.ANY_KEY);
        a.turn().subscribe(turn -> told.add("a again " + turn));
        b.leave();
        c.leave();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "c GRANTED", "a again GRANTED", "d GRANTED");
        assertThat(gate.inFlight()).isEqualTo(2);
    }

    @Test
    void closingWakesWhoRests() {
        Place a = enter("a");
        Mono<Void> closing = a.rest();
        List<String> woken = new ArrayList<>();
        closing.doOnTerminate(() -> woken.add("a")).subscribe();
        gate.close();
        assertThat(woken).containsExactly("a");
        a.resume(QuotaBook.ANY_KEY);
        a.turn().subscribe(turn -> told.add("a again " + turn));
        assertThat(told).containsExactly("a GRANTED", "a again CLOSED");
        a.leave();
        assertThat(gate.resting()).isZero();
    }

    @Test
    void restingCountsAsWaitingSoThatThereIsALimit() {
        PermitGate small = new PermitGate(1, 1);
        Place first = enter(small, Rank.SINGLE);
        first.rest();
        assertThat(enter(small, Rank.SINGLE).turn().block(Duration.ofSeconds(5)))
                .isEqualTo(Turn.FULL);
        first.leave();
        assertThat(small.resting()).isZero();
        assertThat(enter(small, Rank.SINGLE).granted()).isTrue();
    }

    @Test
    void whoWaitsTooLongIsLate() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        enter("a");
        enter("b");
        Place c = enter(gate, Rank.SINGLE);
        List<Turn> turns = new ArrayList<>();
        c.turn(Duration.ofSeconds(1), time).subscribe(turns::add);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(turns).containsExactly(Turn.LATE);
        c.leave();
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void whoThrowsAtTheNewsHarmsNobodyElse() {
        List<Throwable> dropped = new ArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        try {
            Place a = enter("a");
            Place b = enter("b");
            enter(gate, Rank.SINGLE).turn().subscribe(turn -> {
                throw new IllegalStateException("thrown by a subscriber, as the test wants it");
            });
            enter("d");
            a.leave();
            b.leave();
            assertThat(told).containsExactly("a GRANTED", "b GRANTED", "d GRANTED");
            gate.close();
            assertThat(gate.closed()).isTrue();
            assertThat(dropped).isNotEmpty();
        } finally {
            Hooks.resetOnErrorDropped();
        }
    }

    @Test
    void anErrorThatIsNotCaughtHoldsNobodyElseUp() {
        Place a = enter("a");
        Place b = enter("b");
        enter(gate, Rank.SINGLE).turn().subscribe(turn -> {
            throw new LinkageError("a class that is not there any more, as the test wants it");
        });
        enter("d");
        assertThatThrownBy(a::leave).isInstanceOf(LinkageError.class);
        b.leave();
        assertThat(told).containsExactly("a GRANTED", "b GRANTED", "d GRANTED");
    }

    @Test
    void whoIsCancelledInTheMomentOfRestingLeavesNothing() {
        PermitGate one = new PermitGate(1, 10);
        Place resting = enter(one, Rank.SINGLE);
        enter(one, Rank.SINGLE).turn().subscribe(turn -> resting.leave());
        resting.rest();
        assertThat(one.resting()).isZero();
        assertThat(one.sleeping()).isZero();
    }

    @Test
    void whoHasALimitOfItsOwnIsNotTurnedAway() {
        PermitGate small = new PermitGate(1, 1);
        enter(small, Rank.SINGLE);
        enter(small, Rank.SINGLE);
        assertThat(enter(small, Rank.SINGLE).turn().block(Duration.ofSeconds(5)))
                .isEqualTo(Turn.FULL);
        assertThat(enter(small, Rank.BULK).granted()).isFalse();
        assertThat(small.waiting()).isEqualTo(2);
    }

    private void comeAndGo(PermitGate gate, boolean impatient, AtomicInteger inside, AtomicInteger peak) {
        Place place = enter(gate, Rank.SINGLE);
        AtomicInteger left = new AtomicInteger();
        place.turn().subscribe(turn -> {
            // Who has left is not inside, though the turn may have been on its way.
            if (left.getAndIncrement() != 0) {
                return;
            }
            if (turn == Turn.GRANTED) {
                peak.accumulateAndGet(inside.incrementAndGet(), Math::max);
                inside.decrementAndGet();
            }
            place.leave();
        });
        if (impatient && left.getAndIncrement() == 0) {
            place.leave();
        }
    }

    private final Map<PermitGate, Lane> lanes = new ConcurrentHashMap<>();

    private Place enter(PermitGate at, Rank rank) {
        return lanes.computeIfAbsent(at, PermitGateTest::lane).enter(rank);
    }

    /** One in which only permits are short. */
    private static Lane lane(PermitGate gate) {
        QuotaBook unlimited = new QuotaBook(QuotaOptions.none(), 1, () -> 0);
        return new Lane(gate, unlimited, 1, VirtualTimeScheduler.create(), () -> 0);
    }

    private Place enter(String name) {
        Place place = enter(gate, Rank.SINGLE);
        place.turn().subscribe(turn -> told.add(name + " " + turn));
        return place;
    }
}
