package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.reactor.Lane.Place;
import dev.closecrm.reactor.Lane.Rank;
import dev.closecrm.reactor.quota.QuotaAccount;
import dev.closecrm.reactor.quota.QuotaCoordinator;
import dev.closecrm.reactor.quota.QuotaDemand;
import dev.closecrm.reactor.quota.QuotaLease;
import dev.closecrm.reactor.quota.QuotaReport;
import dev.closecrm.reactor.quota.QuotaReport.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.publisher.PublisherProbe;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Who goes when a coordinator divides the quota, in virtual time. */
class LeasedQuotaTest {

    private static final Duration VALID = Duration.ofSeconds(5);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SetTimers timers = new SetTimers(time);
    private final PermitGate gate = new PermitGate(4, 100);
    private final List<String> told = new ArrayList<>();
    private final Scripted coordinator = new Scripted();

    @Test
    void aLeaseThatIsThereAtOnceMakesNobodyWait() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(demand.permits()));
        Lane lane = lane(1);
        enter(lane, "a", Rank.SINGLE);
        enter(lane, "b", Rank.BULK);
        assertThat(told).containsExactly("a GRANTED", "b GRANTED");
        assertThat(lane.waitedForQuota()).isZero();
        assertThat(gate.waiting()).isZero();
    }

    @Test
    void aLeaseThatComesLaterWakesTheLane() {
        Sinks.One<QuotaLease> later = coordinator.later();
        Lane lane = lane(1);
        enter(lane, "a", Rank.BULK);
        assertThat(told).isEmpty();
        later.tryEmitValue(QuotaLease.granted(7, 1, VALID));
        assertThat(told).containsExactly("a GRANTED");
    }

    @Test
    void oneLeaseAtATimeAsksForAllThatWaitAndHaveAConnection() {
        Sinks.One<QuotaLease> first = coordinator.later();
        Lane lane = lane(1);
        IntStream.range(0, 9).forEach(i -> enter(lane, "c" + i, Rank.BULK));
        assertThat(coordinator.demands).containsExactly(new QuotaDemand(1, false));
        coordinator.later();
        first.tryEmitValue(QuotaLease.granted(1, 1, VALID));
        // Eight still wait, and three of the four connections are free.
        assertThat(coordinator.demands).containsExactly(new QuotaDemand(1, false), new QuotaDemand(3, false));
    }

    @Test
    void afterLaterItIsAskedAgainWhenThatTimeIsOver() {
        coordinator.answer = demand -> Mono.just(QuotaLease.later(Duration.ofMillis(300)));
        Lane lane = lane(1);
        enter(lane, "a", Rank.BULK);
        int before = coordinator.demands.size();
        time.advanceTimeBy(Duration.ofMillis(299));
        assertThat(coordinator.demands).hasSize(before);
        coordinator.answer = demand -> Mono.just(coordinator.grant(1));
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(told).containsExactly("a GRANTED");
    }

    @Test
    void somebodyWhoWaitsIsAskedForEvenIfABulkRunHasToWait() {
        coordinator.answer =
                demand -> Mono.just(demand.urgent() ? coordinator.grant(1) : QuotaLease.later(Duration.ofSeconds(10)));
        Lane lane = lane(1);
        enter(lane, "bulk", Rank.BULK);
        enter(lane, "single", Rank.SINGLE);
        assertThat(told).containsExactly("single GRANTED");
    }

    @Test
    void aCoordinatorThatAlwaysSaysNowIsNotAskedInALoop() {
        coordinator.answer = demand -> Mono.just(QuotaLease.later(Duration.ZERO));
        enter(lane(1), "a", Rank.BULK);
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(coordinator.demands.size()).isBetween(50, 102);
    }

    @Test
    void whatIsNotUsedInTimeIsGivenBack() {
        Sinks.One<QuotaLease> later = coordinator.later();
        Place a = enter(lane(1), "a", Rank.BULK);
        a.leave();
        later.tryEmitValue(QuotaLease.granted(7, 1, VALID));
        time.advanceTimeBy(Duration.ofMillis(4_999));
        assertThat(coordinator.ends()).isEmpty();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(coordinator.ends()).containsExactly("7 UNUSED");
    }

    @Test
    void whatEndsBeforeThePermitsOfAnEarlierLeaseIsGivenBackInTimeToo() {
        Lane lane = lane(1);
        coordinator.answer = demand -> Mono.just(QuotaLease.granted(1, 1, Duration.ofHours(1)));
        enter(lane, "a", Rank.BULK);
        unused(lane, QuotaLease.granted(2, 1, Duration.ofSeconds(1)));
        time.advanceTimeBy(Duration.ofMillis(999));
        assertThat(coordinator.ends()).isEmpty();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(coordinator.ends()).containsExactly("2 UNUSED");
        unused(lane, QuotaLease.granted(3, 1, VALID));
        time.advanceTimeBy(VALID);
        assertThat(coordinator.ends()).containsExactly("2 UNUSED", "3 UNUSED");
        assertThat(timers.toCome()).isZero();
    }

    @Test
    void soIsWhatEndsAfterThem() {
        Lane lane = lane(1);
        granted(lane, "a", 1);
        unused(lane, QuotaLease.granted(2, 1, Duration.ofHours(1)));
        assertThat(timers.toCome()).isEqualTo(1);
        time.advanceTimeBy(Duration.ofMinutes(59));
        assertThat(coordinator.ends()).isEmpty();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(coordinator.ends()).containsExactly("2 UNUSED");
        assertThat(timers.toCome()).isZero();
    }

    @Test
    void aPermitThatHasEndedIsNotUsed() {
        Sinks.One<QuotaLease> later = coordinator.later();
        Lane lane = lane(1);
        enter(lane, "a", Rank.BULK).leave();
        later.tryEmitValue(QuotaLease.granted(7, 1, VALID));
        time.advanceTimeBy(VALID);
        coordinator.later();
        enter(lane, "b", Rank.BULK);
        assertThat(told).isEmpty();
    }

    @Test
    void moreThanWasAskedForIsLeftAlone() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(Integer.MAX_VALUE));
        enter(lane(1), "a", Rank.BULK);
        time.advanceTimeBy(Duration.ofHours(2));
        assertThat(coordinator.reports).isEmpty();
    }

    @Test
    void whatTheAnswerSaidIsReportedOnceForEachPermit() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(1));
        Lane lane = lane(1);
        Place a = enter(lane, "a", Rank.BULK);
        time.advanceTimeBy(Duration.ofMillis(40));
        a.report(new AttemptResult.Deleted(200, reading(100, 60)));
        a.leave();
        Place b = enter(lane, "b", Rank.BULK);
        b.report(new AttemptResult.Refused(
                AttemptResult.Refusal.RATE_LIMITED, ErrorResponse.of(429), Duration.ofSeconds(2)));
        enter(lane, "c", Rank.BULK).leave(true);
        enter(lane, "d", Rank.BULK).leave();
        assertThat(coordinator.reports.get(0))
                .isEqualTo(new QuotaReport(
                        1,
                        End.ANSWERED,
                        new QuotaReport.Limit(
                                100, 60, Duration.ofSeconds(3), false, null, QuotaReport.Owner.ORGANISATION),
                        null,
                        Duration.ofMillis(40)));
        assertThat(coordinator.reports.get(1).retryAfter()).isEqualTo(Duration.ofSeconds(2));
        assertThat(coordinator.ends()).containsExactly("1 ANSWERED", "2 REFUSED", "3 UNANSWERED", "4 UNUSED");
    }

    @Test
    void eachKeyIsAnAccountOfItsOwn() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(1));
        Lane lane = lane(2);
        Place a = enter(lane, "a", Rank.BULK);
        Place b = enter(lane, "b", Rank.BULK);
        assertThat(List.of(a.key(), b.key())).containsExactly(0, 1);
        assertThat(coordinator.accounts).containsExactly(account(0), account(1));
        lane.remove(0);
        enter(lane, "c", Rank.BULK);
        assertThat(coordinator.accounts).last().isEqualTo(account(1));
    }

    @Test
    void aKeyThatHasToWaitDoesNotHoldUpTheOther() {
        coordinator.answer = demand -> Mono.just(
                coordinator.accounts.get(coordinator.accounts.size() - 1).equals(account(0))
                        ? QuotaLease.later(Duration.ofSeconds(30))
                        : coordinator.grant(demand.permits()));
        Lane lane = lane(2);
        Place a = enter(lane, "a", Rank.BULK);
        assertThat(told).containsExactly("a GRANTED");
        assertThat(a.key()).isEqualTo(1);
    }

    @Test
    void aKeyThatIsTakenOutWhileItIsAskedForDoesNotHoldUpTheOther() {
        coordinator.answer = demand -> coordinator.accounts.contains(account(1))
                ? Mono.just(coordinator.grant(demand.permits()))
                : Mono.never();
        Lane lane = lane(2);
        AtomicBoolean once = new AtomicBoolean();
        quota(lane).serve(lane::wake, () -> {
            // In place of another thread, between the look at the key and the demand.
            if (!once.getAndSet(true)) {
                lane.remove(0);
            }
            return lane.couldGo();
        });
        Place a = enter(lane, "a", Rank.SINGLE);
        assertThat(told).containsExactly("a GRANTED");
        assertThat(a.key()).isEqualTo(1);
    }

    @Test
    void norDoesOneThatIsTakenOutWhenItHasBeenAsked() {
        Sinks.One<QuotaLease> first = coordinator.later();
        Lane lane = lane(2);
        Place a = enter(lane, "a", Rank.SINGLE);
        coordinator.answer = demand -> Mono.just(coordinator.grant(demand.permits()));
        lane.remove(0);
        assertThat(told).containsExactly("a GRANTED");
        assertThat(a.key()).isEqualTo(1);
        first.tryEmitValue(QuotaLease.granted(7, 1, VALID));
        assertThat(coordinator.ends()).containsExactly("7 UNUSED");
    }

    @Test
    void whatAKeyThatIsTakenOutIsGrantedLaterIsNotUsed() {
        Sinks.One<QuotaLease> first = coordinator.later();
        Lane lane = lane(2);
        quota(lane).serve(lane::wake, () -> 2);
        enter(lane, "a", Rank.BULK).leave();
        coordinator.later();
        lane.remove(0);
        coordinator.noted = report -> {
            // In place of another thread, while the permits are being given back.
            if (report.permit() == 7) {
                enter(lane, "b", Rank.BULK);
            }
            return Mono.empty();
        };
        first.tryEmitValue(QuotaLease.granted(7, 2, VALID));
        assertThat(told).isEmpty();
        assertThat(coordinator.ends()).containsExactly("7 UNUSED", "8 UNUSED");
    }

    @Test
    void aLeaseIsNotCancelledByTheReturnOfWhoAskedForTheOneBefore() {
        Lane lane = lane(1);
        Sinks.One<QuotaLease> second = Sinks.one();
        coordinator.answer = demand -> Mono.just(coordinator.grant(1)).doFinally(end -> {
            // In place of another thread, when the first has come and who asked for it has not gone on yet.
            coordinator.answer = next -> second.asMono();
            enter(lane, "b", Rank.BULK);
            enter(lane, "c", Rank.BULK);
        });
        enter(lane, "a", Rank.BULK);
        assertThat(told).containsExactly("b GRANTED");
        coordinator.later();
        second.tryEmitValue(QuotaLease.granted(2, 1, VALID));
        assertThat(told).containsExactly("b GRANTED", "c GRANTED");
    }

    @Test
    void whoThrowsFailsOrSaysNothingDoesNotStopDeletes() {
        List<Function<QuotaDemand, Mono<QuotaLease>>> failures = List.of(
                demand -> {
                    throw new IllegalStateException("broken");
                },
                demand -> Mono.error(new IllegalStateException("broken")),
                demand -> Mono.empty());
        for (Function<QuotaDemand, Mono<QuotaLease>> failure : failures) {
            told.clear();
            coordinator.answer = failure;
            Lane lane = lane(1);
            Place a = enter(lane, "a", Rank.BULK);
            assertThat(told).containsExactly("a GRANTED");
            a.report(new AttemptResult.Deleted(200));
            a.leave();
            enter(lane, "b", Rank.BULK).leave();
            assertThat(told).containsExactly("a GRANTED", "b GRANTED");
        }
        assertThat(coordinator.demands).hasSize(3);
        assertThat(coordinator.reports).isEmpty();
    }

    @Test
    void whoNeverAnswersHoldsDeletesUpForASecondAndIsTriedAgain() {
        PublisherProbe<QuotaLease> never = PublisherProbe.of(Mono.never());
        coordinator.answer = demand -> never.mono();
        Lane lane = lane(1);
        enter(lane, "a", Rank.BULK);
        time.advanceTimeBy(Duration.ofMillis(999));
        assertThat(told).isEmpty();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(told).containsExactly("a GRANTED");
        never.assertWasCancelled();

        time.advanceTimeBy(Duration.ofSeconds(9));
        Place b = enter(lane, "b", Rank.BULK);
        assertThat(coordinator.demands).hasSize(1);
        b.leave();
        time.advanceTimeBy(Duration.ofSeconds(1));
        Sinks.One<QuotaLease> later = coordinator.later();
        // While it is tried, nobody waits for it.
        enter(lane, "c", Rank.BULK).leave();
        assertThat(coordinator.demands).hasSize(2);
        later.tryEmitValue(QuotaLease.granted(9, 1, VALID));
        enter(lane, "d", Rank.BULK).leave();
        assertThat(told).endsWith("c GRANTED", "d GRANTED");
        assertThat(coordinator.ends()).containsExactly("9 UNUSED");
    }

    @Test
    void thatItFailsIsSaidOnceAndWithoutTheTextOfTheError() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.closecrm.reactor");
        Level before = logger.getLevel();
        log.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
        try {
            coordinator.answer = demand -> Mono.error(new IllegalStateException("redis://user:password@store"));
            Lane lane = lane(1);
            for (int i = 0; i < 5; i++) {
                enter(lane, "a", Rank.BULK).leave();
                time.advanceTimeBy(Duration.ofSeconds(11));
            }
        } finally {
            logger.detachAppender(log);
            logger.setLevel(before);
        }
        assertThat(coordinator.demands).hasSize(5);
        assertThat(log.list)
                .singleElement()
                .satisfies(event -> assertThat(event.getFormattedMessage())
                        .contains("IllegalStateException")
                        .doesNotContain("password"));
    }

    @Test
    void permitsThatHadEndedWhenTheyCameAreAFailure() {
        Sinks.One<QuotaLease> later = coordinator.later();
        enter(lane(1), "a", Rank.BULK);
        time.advanceTimeBy(Duration.ofMillis(500));
        later.tryEmitValue(QuotaLease.granted(7, 1, Duration.ofMillis(400)));
        assertThat(told).containsExactly("a GRANTED");
        assertThat(coordinator.ends()).containsExactly("7 UNUSED");
        assertThat(coordinator.demands).hasSize(1);
    }

    @Test
    void withoutACoordinatorItGoesOnWithWhatItHasSeen() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(1));
        Lane lane = lane(1);
        Place a = enter(lane, "a", Rank.SINGLE);
        a.report(new AttemptResult.Deleted(200, reading(100, 1)));
        a.leave();
        coordinator.answer = demand -> Mono.error(new IllegalStateException("broken"));
        enter(lane, "b", Rank.SINGLE);
        enter(lane, "c", Rank.SINGLE);
        assertThat(told).containsExactly("a GRANTED", "b GRANTED");
    }

    @Test
    void aReportThatFailsIsNobodysBusiness() {
        coordinator.answer = demand -> Mono.just(coordinator.grant(1));
        coordinator.noted = report -> {
            throw new IllegalStateException("broken");
        };
        Place a = enter(lane(1), "a", Rank.BULK);
        a.report(new AttemptResult.Deleted(200));
        a.leave();
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void aRefusalGivesBackWhatIsHere() {
        Lane lane = lane(1);
        Place a = granted(lane, "a", 1);
        granted(lane, "b", 2).leave();
        Sinks.One<QuotaLease> later = coordinator.later();
        enter(lane, "c", Rank.BULK).leave();
        later.tryEmitValue(QuotaLease.granted(3, 1, VALID));
        a.report(new AttemptResult.Refused(AttemptResult.Refusal.RATE_LIMITED, ErrorResponse.of(429), null));
        assertThat(coordinator.ends()).containsExactly("2 UNUSED", "3 UNUSED", "1 REFUSED");
    }

    @Test
    void closingGivesBackWhatIsHere() {
        Lane lane = lane(1);
        Sinks.One<QuotaLease> later = coordinator.later();
        enter(lane, "a", Rank.BULK).leave();
        later.tryEmitValue(QuotaLease.granted(3, 1, VALID));
        quota(lane).close();
        assertThat(coordinator.ends()).containsExactly("3 UNUSED");
    }

    @Test
    void whatIsGrantedAfterClosingIsGivenBack() {
        Lane lane = lane(1);
        Sinks.One<QuotaLease> first = coordinator.later();
        enter(lane, "a", Rank.BULK).leave();
        first.tryEmitValue(QuotaLease.granted(3, 1, VALID));
        Sinks.One<QuotaLease> second = coordinator.later();
        enter(lane, "b", Rank.BULK);
        enter(lane, "c", Rank.BULK);
        lane.close();
        quota(lane).close();
        assertThat(told).containsExactly("b GRANTED", "c CLOSED");
        second.tryEmitValue(QuotaLease.granted(4, 1, VALID));
        assertThat(coordinator.ends()).containsExactly("4 UNUSED");
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(coordinator.demands).hasSize(2);
    }

    @Test
    void aLeaseThatSaysNothingAfterClosingIsCancelledInTime() {
        PublisherProbe<QuotaLease> never = PublisherProbe.of(Mono.never());
        coordinator.answer = demand -> never.mono();
        Lane lane = lane(1);
        enter(lane, "a", Rank.BULK);
        lane.close();
        quota(lane).close();
        time.advanceTimeBy(LeasedQuota.PATIENCE);
        never.assertWasCancelled();
        assertThat(coordinator.demands).hasSize(1);
    }

    @Test
    void aClientThatIsClosedLeavesNoTimer() {
        Lane lane = lane(1);
        granted(lane, "a", 1);
        assertThat(timers.toCome()).isEqualTo(1);
        quota(lane).close();
        assertThat(timers.toCome()).isZero();
    }

    @Test
    void norDoesOneThatIsClosedWhileALeaseComes() {
        Lane lane = lane(1);
        coordinator.answer = demand -> Mono.fromSupplier(() -> {
            // In place of another thread.
            quota(lane).close();
            return coordinator.grant(1);
        });
        enter(lane, "a", Rank.BULK);
        assertThat(coordinator.ends()).containsExactly("1 UNUSED");
        assertThat(timers.toCome()).isZero();
    }

    @Test
    void aLeaseThatComesAfterTheLaneWasClosedIsGivenBack() {
        Lane lane = lane(1);
        Sinks.One<QuotaLease> later = coordinator.later();
        enter(lane, "a", Rank.BULK);
        lane.close();
        later.tryEmitValue(QuotaLease.granted(3, 1, VALID));
        assertThat(told).containsExactly("a CLOSED");
        time.advanceTimeBy(VALID);
        assertThat(coordinator.ends()).containsExactly("3 UNUSED");
        assertThat(gate.inFlight()).isZero();
    }

    /** Gets permits that nobody takes. */
    private void unused(Lane lane, QuotaLease lease) {
        Sinks.One<QuotaLease> later = coordinator.later();
        enter(lane, "gives up", Rank.BULK).leave();
        later.tryEmitValue(lease);
    }

    private Place granted(Lane lane, String name, long permit) {
        coordinator.answer = demand -> Mono.just(QuotaLease.granted(permit, 1, VALID));
        return enter(lane, name, Rank.BULK);
    }

    private Place enter(Lane lane, String name, Rank rank) {
        Place place = lane.enter(rank);
        place.turn().subscribe(turn -> told.add(name + " " + turn));
        return place;
    }

    private Lane lane(int keys) {
        LeasedQuota quota = new LeasedQuota(
                coordinator,
                new QuotaBook(QuotaOptions.greedy(), keys, () -> 0),
                IntStream.range(0, keys).mapToObj(LeasedQuotaTest::account).toList(),
                timers,
                this::now);
        Lane lane = new Lane(gate, quota, keys, timers, this::now);
        quota.serve(lane::wake, lane::couldGo);
        return lane;
    }

    private static LeasedQuota quota(Lane lane) {
        return (LeasedQuota) lane.quota();
    }

    private long now() {
        return time.now(TimeUnit.NANOSECONDS);
    }

    private static QuotaAccount account(int key) {
        return QuotaAccount.of(Credentials.apiKey("key" + key));
    }

    private static QuotaReading reading(int limit, int remaining) {
        return new QuotaReading(limit, remaining, Duration.ofSeconds(3), false, null, QuotaReading.Scope.ORGANISATION);
    }

    /** Answers as it is told to, and remembers everything. */
    private static final class Scripted implements QuotaCoordinator {

        private final List<QuotaAccount> accounts = new ArrayList<>();
        private final List<QuotaDemand> demands = new ArrayList<>();
        private final List<QuotaReport> reports = new ArrayList<>();
        private Function<QuotaDemand, Mono<QuotaLease>> answer = demand -> Mono.never();
        private Function<QuotaReport, Mono<Void>> noted = report -> Mono.empty();
        private long next = 1;

        Sinks.One<QuotaLease> later() {
            Sinks.One<QuotaLease> lease = Sinks.one();
            answer = demand -> lease.asMono();
            return lease;
        }

        QuotaLease grant(int permits) {
            long first = next;
            next += permits;
            return QuotaLease.granted(first, permits, VALID);
        }

        List<String> ends() {
            return reports.stream()
                    .map(report -> report.permit() + " " + report.end())
                    .toList();
        }

        @Override
        public Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand) {
            accounts.add(account);
            demands.add(demand);
            return answer.apply(demand);
        }

        @Override
        public Mono<Void> report(QuotaAccount account, QuotaReport report) {
            reports.add(report);
            return noted.apply(report);
        }
    }
}
