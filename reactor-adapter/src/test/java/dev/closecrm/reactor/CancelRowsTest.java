package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.quota.QuotaView;
import dev.closecrm.core.engine.quota.Sending;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.retry.RetryBudget;
import dev.closecrm.core.engine.retry.RetryPolicy;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.CallTimeoutException.Phase;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.KeyRing;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkRun;
import dev.closecrm.reactor.http.Exchange;
import dev.closecrm.reactor.matrix.Row;
import dev.closecrm.reactor.matrix.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Rows 70 to 72 and 83 without a network: calls that are given up, wherever they are, and calls that compete. */
@ExtendWith(Watch.class)
class CancelRowsTest {

    private static final String VIRTUAL = "virtual time, with no HTTP in it";
    private static final String THREADS = "two threads, with no HTTP in it";
    private static final int RACES = 100_000;

    private final long seed = Long.getLong("closecrm.test.seed", System.nanoTime());

    @Test
    @Row(runs = VIRTUAL)
    void row70_aTimeLimitThatFallsIntoABackoffEndsTheCallWithTheLastFailureAsItsCause() {
        VirtualCalls calls = new VirtualCalls(
                RetryOptions.builder().callTimeout(Duration.ofMillis(2_500)).build(), 32, number -> "503");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofMillis(2_500));
        assertThat(ending.error()).isInstanceOfSatisfying(CallTimeoutException.class, error -> {
            assertThat(error.phase()).isEqualTo(Phase.BACKOFF);
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(error.attempts()).isEqualTo(2);
            assertThat(error).hasCauseInstanceOf(ServerErrorException.class);
        });
        calls.time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(calls.sent).hasSize(2);
        assertNothingUnderWay(calls.gate);
    }

    /** Where a call is when it is given up. */
    @SuppressWarnings("ImmutableEnumChecker") // what it holds is not changed
    enum Where {
        WAITS_FOR_QUOTA(
                QuotaOptions.greedy(), 32, number -> "HTTP 429\nRateLimit: limit=100, remaining=0, reset=30", 1),
        WAITS_FOR_A_PERMIT(QuotaOptions.none(), 1, number -> "silent", 1),
        IN_FLIGHT(QuotaOptions.none(), 32, number -> "silent", 2),
        IN_BACKOFF(QuotaOptions.none(), 32, number -> "503", 2);

        private final QuotaOptions quota;
        private final int permits;
        private final Function<Integer, String> service;
        /** How many requests two calls make up to there. */
        private final int sent;

        Where(QuotaOptions quota, int permits, Function<Integer, String> service, int sent) {
            this.quota = quota;
            this.permits = permits;
            this.service = service;
            this.sent = sent;
        }

        VirtualCalls calls() {
            return new VirtualCalls(RetryOptions.defaults(), quota, permits, service);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Row(runs = VIRTUAL)
    void row71_aCallThatIsGivenUpSendsNothingAndSaysNothing(Where where) {
        VirtualCalls calls = where.calls();
        Ending first = calls.begin("cont_a");
        Ending second = calls.begin("cont_b");
        assertThat(calls.sent).hasSize(where.sent);
        assertThat(first.over() || second.over()).isFalse();
        second.subscription.dispose();
        first.subscription.dispose();
        assertNothingUnderWay(calls.gate);
        calls.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(calls.sent).hasSize(where.sent);
        assertThat(first.ends).isEmpty();
        assertThat(second.ends).isEmpty();
        assertThat(first.errors).isEmpty();
        assertNothingUnderWay(calls.gate);
    }

    @ParameterizedTest
    @EnumSource
    @Row(runs = VIRTUAL)
    void row71_aRunThatIsGivenUpSendsNothingAndSaysNothing(Where where) {
        VirtualCalls calls = where.calls();
        List<Object> told = new ArrayList<>();
        Disposable run = calls.run(Flux.just("cont_a", "cont_b").concatWith(Flux.never()))
                .doOnTerminate(() -> told.add("the end"))
                .subscribe(told::add, told::add);
        assertThat(calls.sent).hasSize(where.sent);
        run.dispose();
        assertNothingUnderWay(calls.gate);
        calls.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(calls.sent).hasSize(where.sent);
        assertThat(told).isEmpty();
        assertNothingUnderWay(calls.gate);
    }

    /** The next who waits has the permit of one that was given up. */
    @Test
    @Row(runs = VIRTUAL)
    void row71_thePermitOfACallThatIsGivenUpInFlightGoesToTheNext() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 1, number -> number == 1 ? "silent" : "ok");
        Ending first = calls.begin("cont_a");
        Ending second = calls.begin("cont_b");
        assertThat(second.over()).isFalse();
        first.subscription.dispose();
        assertThat(second.over()).isTrue();
        assertNothingUnderWay(calls.gate);
    }

    @Test
    @Row(runs = THREADS)
    void row72_aCallThatIsGivenUpWhileItCompletesReleasesWhatItHasOnce() throws Exception {
        Random random = seeded();
        Calls calls = new Calls(8);
        AtomicInteger errors = new AtomicInteger();
        int batch = 50;
        try (Pair pair = new Pair()) {
            for (int round = 0; round < RACES / batch; round++) {
                List<AtomicInteger> ends = new ArrayList<>();
                List<Disposable> subscriptions = new ArrayList<>();
                for (int i = 0; i < batch; i++) {
                    AtomicInteger ended = new AtomicInteger();
                    ends.add(ended);
                    subscriptions.add(calls.call
                            .delete(ContactId.of("cont_" + i))
                            .subscribe(end -> ended.incrementAndGet(), e -> errors.incrementAndGet()));
                }
                // Most wait for a permit, and get it in the race when one before them ends. They are given up in that
                // order, from somewhere on, so that the two meet.
                Collections.rotate(subscriptions, -random.nextInt(batch));
                pair.together(
                        () -> calls.answerUntilNobodyAsks(batch), () -> subscriptions.forEach(Disposable::dispose));
                calls.answerUntilNobodyAsks(batch);
                assertThat(ends).allMatch(ended -> ended.get() <= 1);
                calls.assertAllIsGivenBack();
            }
        }
        assertThat(errors).hasValue(0);
        // Both must have won now and then, or there was no race.
        assertThat(calls.answered.get()).isBetween(1, RACES - 1);
        System.out.println(calls.answered + " of " + RACES + " calls were answered before they were given up");
    }

    @Test
    @Row(runs = THREADS)
    void row72_aRunThatIsCancelledWhileItsCallsEndReleasesWhatItHasOnce() throws Exception {
        Random random = seeded();
        Calls calls = new Calls(8);
        int items = 50;
        AtomicInteger finished = new AtomicInteger();
        try (Pair pair = new Pair()) {
            for (int round = 0; round < RACES / items; round++) {
                List<DeleteResult<String>> results = Collections.synchronizedList(new ArrayList<>());
                AtomicInteger ends = new AtomicInteger();
                BulkOptions.Builder<String> options = BulkOptions.builder();
                Disposable run = calls.run(
                                Flux.range(0, items).map(i -> "cont_" + i / 2),
                                (round % 2 == 0 ? options : options.ordered()).build())
                        .doOnTerminate(ends::incrementAndGet)
                        .subscribe(results::add);
                int after = random.nextInt(2_000);
                pair.together(() -> calls.answerUntilNobodyAsks(items), () -> {
                    for (int i = 0; i < after; i++) {
                        Thread.onSpinWait();
                    }
                    run.dispose();
                });
                calls.answerUntilNobodyAsks(items);
                assertThat(ends.get()).isLessThanOrEqualTo(1);
                assertThat(results).extracting(DeleteResult::index).doesNotHaveDuplicates();
                if (ends.get() == 1) {
                    finished.incrementAndGet();
                    assertThat(results).hasSize(items);
                }
                calls.assertAllIsGivenBack();
            }
        }
        System.out.println(finished + " of " + RACES / items + " runs came to their end before they were cancelled");
    }

    /** Each of two runs gets its turns, and a single call waits for one call to end and not for the runs. */
    @Test
    @Row(runs = VIRTUAL)
    void row83_twoRunsShareAndASingleCallWaitsForNeither() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 4, number -> "ok");
        calls.latency = Duration.ofMillis(100);
        List<String> one = new ArrayList<>();
        List<String> other = new ArrayList<>();
        calls.run(Flux.range(0, 1_000).map(i -> "cont_one" + i)).subscribe(result -> one.add(result.item()));
        calls.run(Flux.range(0, 1_000).map(i -> "cont_other" + i)).subscribe(result -> other.add(result.item()));
        calls.time.advanceTimeBy(Duration.ofMillis(5_050));
        assertThat(one.size() + other.size()).isEqualTo(4 * 50);
        // The first had the permits to itself for one turn of what it has in flight.
        assertThat(one.size() - other.size()).isBetween(-32, 32);

        int before = calls.sent.size();
        Ending single = calls.begin("cont_single");
        assertThat(calls.sent).hasSize(before);
        calls.time.advanceTimeBy(Duration.ofMillis(50));
        assertThat(calls.sent.stream().skip(before).map(VirtualCalls.Sent::id)).startsWith("cont_single");
        calls.time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(single.over()).isTrue();

        calls.time.advanceTimeBy(Duration.ofSeconds(60));
        assertThat(one).hasSize(1_000);
        assertThat(other).hasSize(1_000);
    }

    private Random seeded() {
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private static void assertNothingUnderWay(PermitGate gate) {
        assertThat(gate.inFlight()).as("in flight").isZero();
        assertThat(gate.waiting()).as("waiting").isZero();
        assertThat(gate.resting()).as("resting").isZero();
        assertThat(gate.sleeping()).as("sleeping").isZero();
    }

    /** Two threads that begin together, again and again. */
    private static final class Pair implements AutoCloseable {

        private final CyclicBarrier barrier = new CyclicBarrier(2);
        private final Thread second;
        private volatile @Nullable Runnable task;
        private volatile boolean over;

        Pair() {
            second = new Thread(this::serve, "second");
            second.setDaemon(true);
            second.start();
        }

        void together(Runnable here, Runnable there) throws Exception {
            task = there;
            barrier.await(20, TimeUnit.SECONDS);
            here.run();
            barrier.await(20, TimeUnit.SECONDS);
        }

        private void serve() {
            try {
                barrier.await();
                while (!over) {
                    Runnable mine = task;
                    if (mine != null) {
                        mine.run();
                    }
                    barrier.await();
                    barrier.await();
                }
            } catch (Exception broken) {
                // The first one waits in vain then, and fails.
                barrier.reset();
            }
        }

        @Override
        public void close() {
            over = true;
            second.interrupt();
        }
    }

    /** Calls whose exchanges are answered by the test, and a quota that counts what it is told of each. */
    private static final class Calls implements QuotaDesk {

        final Queue<Sinks.One<AttemptResult>> asked = new ConcurrentLinkedQueue<>();
        final AtomicInteger answered = new AtomicInteger();
        final PermitGate gate;
        final DeleteCall call;
        private final Lane lane;
        private final QuotaBook book = new QuotaBook(QuotaOptions.none(), 1, () -> 0);
        private final AtomicLong granted = new AtomicLong();
        private final AtomicLong told = new AtomicLong();

        Calls(int permits) {
            gate = new PermitGate(permits, 10_000);
            lane = new Lane(gate, this, 1, Schedulers.parallel(), System::nanoTime);
            RetryOptions options = RetryOptions.defaults();
            call = new DeleteCall(
                    lane,
                    KeyRing.of(CredentialsSource.fixed(Credentials.apiKey("k"))),
                    exchange(),
                    new RetryPolicy(options),
                    new RetryBudget(options.budget(), options.retryCost()),
                    new DeleteCall.Limits(Duration.ofMinutes(1), Duration.ofMinutes(1)),
                    Schedulers.parallel(),
                    System::nanoTime,
                    () -> 0);
        }

        private Exchange exchange() {
            return (id, on, limit) -> Mono.defer(() -> {
                Sinks.One<AttemptResult> answer = Sinks.one();
                asked.add(answer);
                return answer.asMono().doOnNext(result -> answered.incrementAndGet());
            });
        }

        Flux<DeleteResult<String>> run(Flux<String> ids, BulkOptions<String> options) {
            return BulkRun.of(
                    ids, id -> id, new TenantCalls(call, lane, Schedulers.parallel(), System::nanoTime), 16, options);
        }

        void answerUntilNobodyAsks(int most) {
            AttemptResult deleted = new AttemptResult.Deleted(200);
            for (int i = 0; i < most; i++) {
                Sinks.One<AttemptResult> answer = asked.poll();
                if (answer != null) {
                    answer.tryEmitValue(deleted);
                }
            }
        }

        void assertAllIsGivenBack() {
            assertNothingUnderWay(gate);
            assertThat(gate.freePermits()).isEqualTo(8);
            assertThat(told).as("tellings of %s sendings", granted).hasValue(granted.get());
        }

        @Override
        public @Nullable Sending trySend(int key, long now, boolean interactive) {
            Sending sending = book.trySend(key, now, interactive);
            if (sending != null) {
                granted.incrementAndGet();
            }
            return sending;
        }

        @Override
        public long nextIn(int key, long now, boolean interactive) {
            return book.nextIn(key, now, interactive);
        }

        @Override
        public void answered(Sending sending, long now, @Nullable QuotaReading reading) {
            told.incrementAndGet();
            book.answered(sending, now, reading);
        }

        @Override
        public void refused(Sending sending, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter) {
            told.incrementAndGet();
            book.refused(sending, now, reading, retryAfter);
        }

        @Override
        public void unanswered(Sending sending, long now) {
            told.incrementAndGet();
            book.unanswered(sending, now);
        }

        @Override
        public void notSent(Sending sending, long now) {
            told.incrementAndGet();
            book.notSent(sending, now);
        }

        @Override
        public void remove(int key) {
            book.remove(key);
        }

        @Override
        public QuotaView view(long now) {
            return book.view(now);
        }
    }
}
