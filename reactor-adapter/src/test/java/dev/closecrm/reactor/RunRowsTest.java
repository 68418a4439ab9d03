package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkOptions.OnAbort;
import dev.closecrm.reactor.matrix.Row;
import dev.closecrm.reactor.matrix.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.publisher.PublisherProbe;

/** Rows 73 to 75 and 85 in virtual time, and what becomes of the items of a run that is stopped. */
@ExtendWith(Watch.class)
class RunRowsTest {

    private static final String RUNS = "virtual time, with no HTTP in it";
    private static final DeleteOutcome DELETED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);
    private static final DeleteOutcome INFERRED = new DeleteOutcome.Deleted(Confirmation.INFERRED);

    private final List<DeleteResult<String>> results = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final AtomicInteger completions = new AtomicInteger();
    private final AtomicInteger pulled = new AtomicInteger();
    private final long seed = Long.getLong("closecrm.test.seed", System.nanoTime());

    // Demand.

    @ParameterizedTest
    @CsvSource({"1, false", "1, true", "3, false", "3, true", "1000, false", "1000, true"})
    @Row(runs = RUNS)
    void row73_aSlowSubscriberIsNotOvertakenByASourceWithoutEnd(int batch, boolean ordered) {
        int concurrency = 4;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        VirtualCalls calls = VirtualCalls.answering("ok");
        // Not the same for all, so that results in order have to wait for one.
        calls.credentials = late(calls, random);
        BulkOptions.Builder<String> options = BulkOptions.builder();
        int[] asked = new int[1];
        int[] most = new int[2];
        BaseSubscriber<DeleteResult<String>> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {}

            @Override
            protected void hookOnNext(DeleteResult<String> result) {
                results.add(result);
            }
        };
        calls.run(endless(), concurrency, (ordered ? options.ordered() : options).build())
                .subscribe(slow);
        for (int i = 0; i < 5_000; i++) {
            if (asked[0] == results.size()) {
                asked[0] += batch;
                slow.request(batch);
            }
            calls.time.advanceTimeBy(Duration.ofMillis(10));
            most[0] = Math.max(most[0], pulled.get() - results.size());
            most[1] = Math.max(most[1], pulled.get() - asked[0]);
            assertThat(calls.gate.inFlight()).isLessThanOrEqualTo(concurrency);
        }
        slow.cancel();
        assertThat(results).hasSizeGreaterThan(500);
        assertThat(most[0])
                .as("pulled and not delivered")
                .isEqualTo(Math.min(batch, ordered && batch > 2 * concurrency ? 2 * concurrency : concurrency));
        assertThat(most[1]).as("pulled and not asked for").isLessThanOrEqualTo(0);
        if (ordered) {
            assertThat(results)
                    .extracting(DeleteResult::index)
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .contains(0L);
        }
    }

    @Test
    @Row(runs = RUNS)
    void row74_whoNeverAsksHasNothingSent() {
        VirtualCalls calls = VirtualCalls.answering("ok");
        BaseSubscriber<DeleteResult<String>> silent = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {}
        };
        calls.run(endless()).subscribe(silent);
        calls.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(pulled).hasValue(0);
        assertThat(calls.sent).isEmpty();
        // It was only waiting to be asked.
        silent.request(3);
        assertThat(pulled).hasValue(3);
        assertThat(calls.sent).hasSize(3);
        silent.cancel();
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    @Row(runs = RUNS)
    void row75_anErrorOfTheSourceComesAfterTheResultsOfWhatItBrought(boolean ordered) {
        System.out.println("seed " + seed);
        VirtualCalls calls = VirtualCalls.answering("ok");
        calls.credentials = late(calls, new Random(seed));
        BulkOptions.Builder<String> options = BulkOptions.builder();
        run(
                calls,
                ids(100).concatWith(Flux.error(new IllegalStateException("no more rows"))),
                (ordered ? options.ordered() : options).build());
        calls.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(results).hasSize(100).allMatch(result -> result.outcome().equals(DELETED));
        assertThat(errors).singleElement().satisfies(error -> assertThat(error).hasMessage("no more rows"));
        assertThat(completions).hasValue(0);
    }

    // The end of a run that is stopped.

    /** How a run is stopped, and what becomes of an item that was not sent. */
    enum Stop {
        BY_A_VALUE(DeleteOutcome.Reason.STOPPED),
        BY_COMPLETION(DeleteOutcome.Reason.STOPPED),
        BY_AN_ERROR(DeleteOutcome.Reason.STOPPED),
        BY_A_RULE(DeleteOutcome.Reason.ABORTED),
        BY_A_RULE_QUIETLY(DeleteOutcome.Reason.ABORTED);

        private final DeleteOutcome.Reason forTheRest;

        Stop(DeleteOutcome.Reason forTheRest) {
            this.forTheRest = forTheRest;
        }
    }

    /** The first is in a backoff then, the second waits for quota, some are in flight, and the others wait for a permit. */
    @ParameterizedTest
    @EnumSource
    void whatIsInFlightIsReportedAndNothingElseIsSent(Stop how) {
        boolean byRule = how.forTheRest == DeleteOutcome.Reason.ABORTED;
        String[] answers = {"503:60", "429:60", byRule ? "401" : "ok", "ok"};
        VirtualCalls calls =
                new VirtualCalls(RetryOptions.defaults(), 5, number -> answers[Math.min(number, answers.length) - 1]);
        calls.latency = Duration.ofSeconds(1);
        Sinks.One<String> stop = Sinks.one();
        BulkOptions.Builder<String> options = BulkOptions.<String>builder().stopWhen(stop.asMono());
        run(calls, ids(100), 12, (how == Stop.BY_A_RULE_QUIETLY ? options.onAbort(OnAbort.COMPLETE) : options).build());
        calls.time.advanceTimeBy(Duration.ofMillis(1_500));
        switch (how) {
            case BY_A_VALUE -> stop.tryEmitValue("stop").orThrow();
            case BY_COMPLETION -> stop.tryEmitEmpty().orThrow();
            case BY_AN_ERROR ->
                stop.tryEmitError(new IllegalStateException("trigger")).orThrow();
            case BY_A_RULE, BY_A_RULE_QUIETLY -> {}
        }

        // By a rule at one second, with the third answer: the permits of the first three are in use again by then.
        // Otherwise at one and a half, when five more are in flight.
        int sent = byRule ? 8 : 10;
        int items = byRule ? 12 : 15;
        assertThat(results).as("at once").hasSize(items - (byRule ? 3 : 5));
        calls.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(calls.sent).hasSize(sent);
        assertThat(pulled).hasValue(items);
        assertThat(results).hasSize(items);
        assertFailed(result(0), ErrorCode.SERVER_ERROR, Delivery.UNKNOWN);
        assertFailed(result(1), ErrorCode.RATE_LIMITED, Delivery.NOT_APPLIED);
        if (byRule) {
            assertFailed(result(2), ErrorCode.UNAUTHORIZED, Delivery.NOT_APPLIED);
        }
        for (int i = byRule ? 3 : 2; i < sent; i++) {
            assertThat(result(i).outcome()).isEqualTo(DELETED);
        }
        for (int i = sent; i < items; i++) {
            assertThat(result(i).outcome()).isEqualTo(new DeleteOutcome.NotAttempted(how.forTheRest));
        }
        assertEnd(how, items);
        assertThat(calls.gate.inFlight() + calls.gate.waiting() + calls.gate.resting())
                .isZero();
    }

    private void assertEnd(Stop how, int items) {
        switch (how) {
            case BY_AN_ERROR ->
                assertThat(errors)
                        .singleElement()
                        .satisfies(error -> assertThat(error).hasMessage("trigger"));
            case BY_A_RULE ->
                assertThat(errors).singleElement().isInstanceOfSatisfying(BulkAbortedException.class, aborted -> {
                    assertThat(aborted.reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
                    // The first two fail only because the run ends, so that is where to go on.
                    assertThat(aborted.summary()).isEqualTo(new BulkSummary(5, 0, 3, 4, 0, items, 0));
                });
            case BY_A_VALUE, BY_COMPLETION, BY_A_RULE_QUIETLY ->
                assertThat(errors).isEmpty();
        }
        assertThat(completions.get() + errors.size()).isEqualTo(1);
    }

    private static void assertFailed(DeleteResult<String> result, ErrorCode code, Delivery delivery) {
        CallException error = (CallException) ((DeleteOutcome.Failed) result.outcome()).error();
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.delivery()).isEqualTo(delivery);
    }

    /** Its token comes when the run is stopped already, and is not used. */
    @Test
    void anItemThatWaitsForATokenWhenItsRunIsStoppedIsNotSent() {
        Sinks.One<String> stop = Sinks.one();
        VirtualCalls calls = VirtualCalls.answering("ok");
        calls.credentials = source(Mono.delay(Duration.ofSeconds(1), calls.time).thenReturn(Credentials.apiKey("k")));
        run(
                calls,
                ids(10),
                2,
                BulkOptions.<String>builder().stopWhen(stop.asMono()).build());
        stop.tryEmitValue("stop").orThrow();
        calls.time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(calls.sent).isEmpty();
        assertThat(results)
                .hasSize(2)
                .allMatch(result ->
                        result.outcome().equals(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.STOPPED)));
        assertThat(completions).hasValue(1);
    }

    @Test
    void anItemThatWaitsForANewTokenIsReportedWhenItsRunIsStopped() {
        VirtualCalls calls = VirtualCalls.answering("401");
        calls.credentials = source(Mono.just(Credentials.accessToken("old")), Mono.never());
        Sinks.Empty<Void> stop = Sinks.empty();
        run(calls, ids(1), BulkOptions.<String>builder().stopWhen(stop.asMono()).build());
        assertThat(results).isEmpty();
        stop.tryEmitEmpty().orThrow();
        assertFailed(result(0), ErrorCode.UNAUTHORIZED, Delivery.NOT_APPLIED);
        assertThat(completions).hasValue(1);
    }

    @Test
    void aRunThatIsStoppedBeforeItBeginsSendsNothing() {
        VirtualCalls calls = VirtualCalls.answering("ok");
        run(calls, ids(10), BulkOptions.<String>builder().stopWhen(Mono.just(1)).build());
        assertThat(calls.sent).isEmpty();
        assertThat(pulled).hasValue(0);
        assertThat(results).isEmpty();
        assertThat(completions).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whatStopsARunIsCancelledWhenItEnds(boolean byItself) {
        VirtualCalls calls = VirtualCalls.answering("ok");
        PublisherProbe<Object> trigger = PublisherProbe.of(Mono.never());
        BulkOptions<String> options =
                BulkOptions.<String>builder().stopWhen(trigger.mono()).build();
        var subscription = calls.run(byItself ? ids(3) : ids(3).concatWith(Flux.never()), 4, options)
                .subscribe(results::add);
        if (!byItself) {
            trigger.assertWasNotCancelled();
            subscription.dispose();
        }
        assertThat(results).hasSize(3);
        trigger.assertWasSubscribed();
        trigger.assertWasCancelled();
    }

    @Test
    void theUsersOwnLimitEndsTheRun() {
        VirtualCalls calls = new VirtualCalls(RetryOptions.defaults(), 1, number -> number % 2 == 0 ? "403" : "ok");
        run(calls, ids(100), 1, BulkOptions.<String>builder().maxFailed(3).build());
        assertThat(results).hasSize(6);
        assertThat(errors)
                .singleElement()
                .isInstanceOfSatisfying(
                        BulkAbortedException.class,
                        aborted -> assertThat(aborted.reason()).isEqualTo(Reason.TOO_MANY_FAILED));
        assertThat(pulled).hasValue(6);
    }

    // Items that may have been sent before.

    @Test
    void anItemThatMayHaveBeenSentBeforeAndIsNotThereWasDeleted() {
        VirtualCalls calls = VirtualCalls.answering("404");
        run(
                calls,
                ids(200),
                BulkOptions.<String>builder()
                        .maybeSentBefore(id -> {
                            if (id.endsWith("1")) {
                                throw new IllegalStateException("no idea");
                            }
                            return !id.endsWith("7");
                        })
                        .build());
        // Twenty of them are gone by themselves, which is not enough to say that all are.
        assertThat(errors).isEmpty();
        assertThat(results)
                .hasSize(200)
                .allSatisfy(result -> assertThat(result.outcome())
                        .isEqualTo(result.item().endsWith("7") ? new DeleteOutcome.NotFound() : INFERRED));
    }

    @ParameterizedTest
    @CsvSource({"true, UNKNOWN", "false, NOT_APPLIED"})
    void anItemThatMayHaveBeenSentBeforeFailsInDoubt(boolean before, Delivery delivery) {
        VirtualCalls calls = VirtualCalls.answering("403");
        run(
                calls,
                ids(1),
                BulkOptions.<String>builder().maybeSentBefore(id -> before).build());
        assertThat(((CallException) ((DeleteOutcome.Failed) result(0).outcome()).error()).delivery())
                .isEqualTo(delivery);
    }

    // Which ids are remembered.

    @ParameterizedTest
    @CsvSource({"0, 4", "1, 3", "2, 2"})
    void onlyIdsThatAreRememberedAreDuplicates(int remembered, int requests) {
        VirtualCalls calls = VirtualCalls.answering("ok");
        run(
                calls,
                Flux.just("cont_a", "cont_b", "cont_b", "cont_a"),
                1,
                BulkOptions.<String>builder().rememberedIds(remembered).build());
        assertThat(calls.sent).hasSize(requests);
        assertThat(results).hasSize(4);
    }

    /** Two failures in doubt where one is remembered: of the first only that it was sent. */
    @ParameterizedTest
    @CsvSource({"fault, true", "refused, false"})
    void aForgottenFailureThatMayHaveDeletedIsTheReasonForA404(String failure, boolean ours) {
        VirtualCalls calls = new VirtualCalls(
                RetryOptions.builder().maxAttempts(1).budget(0, 1).build(), 1, number -> number < 3 ? failure : "404");
        run(
                calls,
                Flux.just("cont_a", "cont_b", "cont_a"),
                1,
                BulkOptions.<String>builder()
                        .rememberedIds(1)
                        .outageTimeout(Duration.ofSeconds(30))
                        .maxFailedShare(1)
                        .build());
        calls.time.advanceTimeBy(Duration.ofMinutes(10));
        assertThat(result(2).outcome()).isEqualTo(ours ? INFERRED : new DeleteOutcome.NotFound());
    }

    @Test
    void inOrderADuplicateComesInItsPlace() {
        VirtualCalls calls = VirtualCalls.answering("ok");
        Random random = new Random(seed);
        System.out.println("seed " + seed);
        calls.credentials = late(calls, random);
        run(
                calls,
                Flux.range(0, 300).map(i -> "cont_" + i / 3 % 40),
                BulkOptions.<String>builder().ordered().build());
        calls.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(completions).hasValue(1);
        assertThat(calls.sent).hasSize(40);
        assertThat(results).hasSize(300);
        for (int i = 0; i < 300; i++) {
            assertThat(results.get(i).index()).isEqualTo(i);
            int first = i / 3 % 40 * 3;
            assertThat(results.get(i).outcome())
                    .isEqualTo(i == first ? DELETED : new DeleteOutcome.Duplicate(first, DELETED));
        }
    }

    // The context of the caller.

    @Test
    @Row(runs = RUNS)
    void row85_whatTheCallerHasInItsContextIsSeenInEveryAttempt() {
        List<String> seen = new ArrayList<>();
        VirtualCalls calls = VirtualCalls.answering("503", "fault", "ok");
        calls.credentials = source(Mono.deferContextual(context -> {
            seen.add("attempt " + context.get("trace"));
            return Mono.just(Credentials.apiKey("k"));
        }));
        calls.call
                .delete(ContactId.of("cont_a"))
                .contextWrite(context -> context.put("trace", 1))
                .subscribe();
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(seen).isEqualTo(Collections.nCopies(3, "attempt 1"));
    }

    @Test
    @Row(runs = RUNS)
    void row85_aRunHandsTheContextToItsSourceToItsCallsAndToWhatStopsIt() {
        List<String> seen = new ArrayList<>();
        VirtualCalls calls = VirtualCalls.answering("503", "fault", "ok");
        calls.credentials = source(Mono.deferContextual(context -> {
            seen.add("attempt " + context.get("trace"));
            return Mono.just(Credentials.apiKey("k"));
        }));
        Flux<String> source = Flux.deferContextual(context -> {
            seen.add("source " + context.get("trace"));
            return Flux.just("cont_a", "cont_a");
        });
        Mono<Object> stop = Mono.deferContextual(context -> {
            seen.add("stop " + context.get("trace"));
            return Mono.never();
        });
        calls.run(source, 4, BulkOptions.<String>builder().stopWhen(stop).build())
                .contextWrite(context -> context.put("trace", 1))
                .subscribe(results::add);
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(results).hasSize(2);
        assertThat(seen).containsExactlyInAnyOrder("source 1", "stop 1", "attempt 1", "attempt 1", "attempt 1");
    }

    private DeleteResult<String> result(long index) {
        return results.stream()
                .filter(each -> each.index() == index)
                .findFirst()
                .orElseThrow();
    }

    private Flux<String> endless() {
        return Flux.<String, Integer>generate(() -> 0, (next, sink) -> {
            pulled.incrementAndGet();
            sink.next("cont_" + next);
            return next + 1;
        });
    }

    private Flux<String> ids(int count) {
        return Flux.range(0, count).map(i -> "cont_" + i).doOnNext(id -> pulled.incrementAndGet());
    }

    private void run(VirtualCalls calls, Flux<String> ids, BulkOptions<String> options) {
        run(calls, ids, 32, options);
    }

    private void run(VirtualCalls calls, Flux<String> ids, int concurrency, BulkOptions<String> options) {
        calls.run(ids, concurrency, options).subscribe(results::add, errors::add, completions::incrementAndGet);
    }

    /** Holds each attempt up for a random time. */
    private static CredentialsSource late(VirtualCalls calls, Random random) {
        Mono<Credentials> key = Mono.just(Credentials.apiKey("k"));
        return source(Mono.defer(() ->
                Mono.delay(Duration.ofMillis(random.nextInt(100)), calls.time).then(key)));
    }

    private static CredentialsSource source(Mono<Credentials> current) {
        return source(current, Mono.empty());
    }

    private static CredentialsSource source(Mono<Credentials> current, Mono<Credentials> afterRefusal) {
        return new CredentialsSource() {
            @Override
            public Mono<Credentials> current() {
                return current;
            }

            @Override
            public Mono<Credentials> afterRefusal(Credentials refused) {
                return afterRefusal;
            }
        };
    }
}
