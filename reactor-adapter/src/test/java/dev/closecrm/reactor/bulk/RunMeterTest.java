package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.reactor.bulk.BulkProgress.WaitingFor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What a reading says, in virtual time. */
class RunMeterTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Tally tally = new Tally();
    private final RunConditions conditions =
            new RunConditions(new OutageHold(Duration.ofMinutes(5), time, event -> {}));
    private final Client client = new Client();
    private long ended;
    private final RunMeter meter = new RunMeter(tally, conditions, client);

    @Test
    void aRunThatHasNothingInFlightWaitsForItemsOrForDemand() {
        assertThat(read(0, true).waitingFor()).isEqualTo(WaitingFor.ITEMS);
        assertThat(read(0, false).waitingFor()).isEqualTo(WaitingFor.DEMAND);
        assertThat(read(1, true).waitingFor()).isEqualTo(WaitingFor.ANSWERS);
        assertThat(read(1, true).waitLeft()).isZero();
    }

    @Test
    void quotaAndOutageSayHowLongTheyLast() {
        client.shortOfQuota = true;
        client.quotaIn = Duration.ofMillis(370);
        assertThat(read(3, false).waitingFor()).isEqualTo(WaitingFor.QUOTA);
        assertThat(read(3, false).waitLeft()).isEqualTo(Duration.ofMillis(370));
        // While the service is down nobody is sent, whatever the quota says.
        conditions.hold().begin();
        time.advanceTimeBy(Duration.ofMillis(400));
        assertThat(read(3, false).waitingFor()).isEqualTo(WaitingFor.OUTAGE);
        assertThat(read(3, false).waitLeft()).isEqualTo(Duration.ofMillis(600));
        conditions.hold().answered();
        assertThat(read(3, false).waitingFor()).isEqualTo(WaitingFor.QUOTA);
    }

    @Test
    void theRateIsOfTheTimeSinceTheLastReading() {
        time.advanceTimeBy(Duration.ofSeconds(2));
        end(0, 10);
        assertThat(read(0, false).perSecond()).isEqualTo(5);
        time.advanceTimeBy(Duration.ofSeconds(4));
        end(10, 12);
        BulkProgress progress = read(0, false);
        assertThat(progress.perSecond()).isEqualTo(0.5);
        assertThat(progress.elapsed()).isEqualTo(Duration.ofSeconds(6));
        // Not infinite, and not a number.
        assertThat(read(0, false).perSecond()).isZero();
    }

    @Test
    void oneSlowItemIsSeenAsWhatHasEndedAboveTheWatermark() {
        end(1, 1_000);
        BulkProgress progress = read(1, true);
        assertThat(progress.summary().watermark()).isZero();
        assertThat(progress.summary().nextIndex()).isEqualTo(1_000);
        assertThat(progress.endedAbove()).containsExactly(new IndexRange(1, 999));
        assertThat(progress.inFlight()).isEqualTo(1);
    }

    @Test
    void attemptsAndRefusalsAreThoseOfTheRunAndWaitsBeginWithIt() {
        conditions.attempted(new AttemptResult.Deleted(200));
        conditions.attempted(new AttemptResult.Refused(
                AttemptResult.Refusal.RATE_LIMITED, ErrorResponse.of(429), Duration.ofSeconds(1)));
        client.waited = client.waited.plusMillis(250);
        BulkProgress progress = read(0, false);
        assertThat(progress.attempts()).isEqualTo(2);
        assertThat(progress.rateLimited()).isEqualTo(1);
        assertThat(progress.waitedForQuota()).isEqualTo(Duration.ofMillis(250));
    }

    private BulkProgress read(int inFlight, boolean askedForMore) {
        long pulled = ended + inFlight;
        return meter.read(() -> pulled, () -> askedForMore ? pulled + 1 : pulled);
    }

    private void end(int from, int to) {
        for (int i = from; i < to; i++) {
            ended++;
            tally.add(i, new DeleteOutcome.Deleted(Confirmation.CONFIRMED), false);
        }
    }

    private final class Client implements RunClient {

        private boolean shortOfQuota;
        private Duration quotaIn = Duration.ZERO;
        private Duration waited = Duration.ofHours(1);

        @Override
        public Mono<DeleteResult<ContactId>> delete(
                ContactId id, boolean maybeSentBefore, RunConditions conditions, Duration timeout) {
            return Mono.never();
        }

        @Override
        public Scheduler timer() {
            return time;
        }

        @Override
        public long nanoTime() {
            return time.now(TimeUnit.NANOSECONDS);
        }

        @Override
        public boolean shortOfQuota() {
            return shortOfQuota;
        }

        @Override
        public Duration quotaIn() {
            return quotaIn;
        }

        @Override
        public Duration waitedForQuota() {
            return waited;
        }
    }
}
