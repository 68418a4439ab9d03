package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.reactor.bulk.OutageHold.Pass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class OutageHoldTest {

    private static final int ROUNDS = 20_000;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final OutageHold hold = new OutageHold(Duration.ofMinutes(5), time, this::heard);
    private final List<String> events = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void noTimerIsLeft() {
        hold.dispose();
        told.clear();
        time.advanceTimeBy(Duration.ofHours(1));
        assertThat(told).isEmpty();
    }

    @Test
    void asLongAsNothingIsWrongEverybodyGoesOn() {
        waiting("a");
        hold.failed(false, null);
        hold.answered();
        assertThat(told).containsExactly("a GO");
        assertThat(hold.holding()).isFalse();
    }

    @Test
    void probesComeAfterOneSecondAndThenAfterTwiceTheTimeUpToHalfAMinute() {
        hold.begin();
        for (char c = 'a'; c < 'p'; c++) {
            waiting(String.valueOf(c));
        }
        List<Long> seconds = new ArrayList<>();
        for (int second = 1; second < 120; second++) {
            time.advanceTimeBy(Duration.ofSeconds(1));
            if (!told.isEmpty()) {
                assertThat(told.remove(0)).endsWith("PROBE");
                seconds.add((long) second);
                hold.failed(true, null);
            }
        }
        assertThat(seconds).containsExactly(1L, 3L, 7L, 15L, 31L, 61L, 91L);
    }

    @Test
    void aProbeThatIsNotBackYetIsTheOnlyOne() {
        hold.begin();
        waiting("a");
        waiting("b");
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(told).containsExactly("a PROBE");
    }

    @Test
    void anAnswerToAnybodyLetsAllGoOn() {
        hold.begin();
        waiting("a");
        waiting("b");
        hold.answered();
        assertThat(told).containsExactly("a GO", "b GO");
        assertThat(hold.holding()).isFalse();
        waiting("c");
        assertThat(told).contains("c GO");
    }

    @Test
    void theNextHoldBeginsFromTheBeginning() {
        hold.begin();
        waiting("a");
        time.advanceTimeBy(Duration.ofSeconds(1));
        hold.failed(true, null);
        hold.answered();
        told.clear();

        hold.begin();
        waiting("b");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).containsExactly("b PROBE");
        time.advanceTimeBy(Duration.ofSeconds(298));
        waiting("c");
        assertThat(told).containsExactly("b PROBE");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).containsExactly("b PROBE", "c GIVE_UP");
    }

    @Test
    void afterItsTimeAllGiveUpAlsoThoseWhoComeLater() {
        hold.begin();
        hold.begin();
        waiting("a");
        waiting("b");
        time.advanceTimeBy(Duration.ofMinutes(5).minusMillis(1));
        assertThat(told).containsExactly("a PROBE");
        time.advanceTimeBy(Duration.ofMillis(1));
        waiting("c");
        assertThat(told).containsExactly("a PROBE", "b GIVE_UP", "c GIVE_UP");
        hold.answered();
        hold.failed(true, null);
        assertThat(hold.holding()).isTrue();
    }

    @Test
    void aProbeThatIsDueWaitsForSomebody() {
        hold.begin();
        time.advanceTimeBy(Duration.ofSeconds(1));
        waiting("a");
        waiting("b");
        assertThat(told).containsExactly("a PROBE");
    }

    @Test
    void itsTimeIsNotOverAsLongAsNobodyWaitsAndWhoComesThenTriesAtOnce() {
        hold.begin();
        waiting("a");
        time.advanceTimeBy(Duration.ofSeconds(1));
        // The probe ends without a word of the service, and nobody else is there.
        hold.failed(true, null);
        time.advanceTimeBy(Duration.ofMinutes(10));
        assertThat(events).containsExactly("BEGAN PT1S", "STILL_DOWN PT2S");
        assertThat(hold.gaveUp()).isFalse();

        waiting("b");
        waiting("c");
        assertThat(told).containsExactly("a PROBE", "b PROBE");
        hold.failed(true, null);
        time.advanceTimeBy(Duration.ofSeconds(4));
        assertThat(told).as("the gaps grow on").endsWith("b PROBE", "c PROBE");
        hold.answered();
        assertThat(events).endsWith("STILL_DOWN PT4S", "ENDED PT0S");
    }

    @Test
    void whoComesAfterATimeInWhichNobodyWaitedHasAllTheTimeThereIs() {
        hold.begin();
        time.advanceTimeBy(Duration.ofMinutes(4));
        waiting("a");
        waiting("b");
        hold.failed(true, null);
        time.advanceTimeBy(Duration.ofMinutes(5).minusMillis(1));
        assertThat(hold.gaveUp()).isFalse();
        waiting("c");
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(told).containsExactly("a PROBE", "b PROBE", "c GIVE_UP");
        assertThat(events).containsExactly("BEGAN PT1S", "STILL_DOWN PT2S", "GIVEN_UP PT0S");
    }

    /** The limit may pass before the next probe is due. */
    @Test
    void whoComesAfterAShortLimitIsNotGivenUpUnasked() {
        OutageHold brief = new OutageHold(Duration.ofSeconds(2), time, this::heard);
        brief.begin();
        brief.pass().subscribe(pass -> told.add("a " + pass));
        time.advanceTimeBy(Duration.ofSeconds(1));
        brief.failed(true, null);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(brief.nextProbeIn()).isZero();
        brief.pass().subscribe(pass -> told.add("b " + pass));
        assertThat(told).containsExactly("a PROBE", "b PROBE");
        brief.dispose();
    }

    @Test
    void theListenerHearsWhatTheLastFailureWas() {
        List<CloseCrmException> causes = new ArrayList<>();
        OutageHold explaining = new OutageHold(Duration.ofMinutes(5), time, event -> causes.add(event.cause()));
        CloseCrmException first = failure();
        explaining.failed(false, first);
        explaining.begin();
        explaining.pass().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        CloseCrmException second = failure();
        explaining.failed(true, second);
        explaining.pass().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(2));
        // A probe that was cancelled knows nothing new.
        explaining.failed(true, null);
        explaining.answered();
        assertThat(causes).containsExactly(first, second, second, null);
        explaining.dispose();
    }

    private static CloseCrmException failure() {
        return new ServerErrorException("cont_a", ErrorResponse.of(503), null, 1, Delivery.UNKNOWN);
    }

    @Test
    void whoLeavesIsNotChosen() {
        hold.begin();
        waiting("a").dispose();
        waiting("b");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).containsExactly("b PROBE");
    }

    @Test
    void whoThrowsAtTheNewsHarmsNobodyElseAndHearsOfIt() {
        List<Throwable> errors = new ArrayList<>();
        hold.begin();
        hold.pass().subscribe(new CoreSubscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(Pass pass) {
                throw new LinkageError("thrown by an item, as the test wants it");
            }

            @Override
            public void onError(Throwable error) {
                errors.add(error);
            }

            @Override
            public void onComplete() {}
        });
        waiting("b");
        hold.answered();
        assertThat(told).containsExactly("b GO");
        assertThat(errors).singleElement().isInstanceOf(LinkageError.class);
    }

    @Test
    void manyFailuresInARowLookAsIfTheServiceWereDown() {
        for (int i = 0; i < 19; i++) {
            hold.failed(false, null);
        }
        hold.answered();
        assertThat(hold.looksDown()).isFalse();
        for (int i = 0; i < 19; i++) {
            hold.failed(false, null);
        }
        assertThat(hold.looksDown()).isFalse();
        hold.failed(false, null);
        assertThat(hold.looksDown()).isTrue();
    }

    @Test
    void aRunThatIsOverBeginsNoHold() {
        hold.dispose();
        hold.begin();
        waiting("a");
        assertThat(told).containsExactly("a GIVE_UP");
        assertThat(events).isEmpty();
    }

    @Test
    void whatHappensIsToldToTheListenerWhateverItThrows() {
        hold.begin();
        waiting("a");
        time.advanceTimeBy(Duration.ofSeconds(1));
        hold.failed(true, null);
        hold.failed(false, null);
        hold.answered();
        hold.answered();
        assertThat(events).containsExactly("BEGAN PT1S", "STILL_DOWN PT2S", "ENDED PT0S");
        hold.begin();
        waiting("b");
        time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(events).endsWith("BEGAN PT1S", "GIVEN_UP PT0S");
    }

    @Test
    void anEventIsToldWhenTheOneBeforeItHasBeenTold() {
        List<String> heard = new ArrayList<>();
        OutageHold[] self = new OutageHold[1];
        self[0] = new OutageHold(Duration.ofMinutes(5), time, event -> {
            heard.add(event.kind() + " begins");
            if (event.kind() == OutageEvent.Kind.BEGAN) {
                // Would hang if the listener were told under the lock.
                await(CompletableFuture.runAsync(self[0]::answered));
            }
            heard.add(event.kind() + " is told");
        });
        self[0].begin();
        assertThat(heard).containsExactly("BEGAN begins", "BEGAN is told", "ENDED begins", "ENDED is told");
    }

    @Test
    void anOutageBeginsBeforeItEndsWhoeverTellsIt() throws Exception {
        List<OutageEvent.Kind> heard = Collections.synchronizedList(new ArrayList<>());
        OutageHold raced =
                new OutageHold(Duration.ofMinutes(5), Schedulers.parallel(), event -> heard.add(event.kind()));
        CompletableFuture<Void> answers = CompletableFuture.runAsync(() -> inTurn(raced, true, raced::answered));
        inTurn(raced, false, raced::begin);
        answers.get(20, TimeUnit.SECONDS);
        raced.dispose();
        for (int i = 0; i < heard.size(); i++) {
            assertThat(heard.get(i))
                    .as("event %d", i)
                    .isEqualTo(i % 2 == 0 ? OutageEvent.Kind.BEGAN : OutageEvent.Kind.ENDED);
        }
        assertThat(heard).hasSize(2 * ROUNDS);
    }

    /** Two threads do this to one hold, each as soon as it sees what the other has done. */
    @SuppressWarnings("ThreadPriorityCheck") // on one core the other thread needs it to go on
    private static void inTurn(OutageHold hold, boolean whenHolding, Runnable work) {
        for (int round = 0; round < ROUNDS; round++) {
            while (hold.holding() != whenHolding) {
                Thread.yield();
            }
            work.run();
        }
    }

    private static void await(Future<?> other) {
        try {
            other.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void heard(OutageEvent event) {
        events.add(event.kind() + " " + event.nextProbeIn());
        throw new IllegalStateException("thrown by the listener, as the test wants it");
    }

    private Disposable waiting(String who) {
        return hold.pass().subscribe((Pass pass) -> told.add(who + " " + pass));
    }
}
