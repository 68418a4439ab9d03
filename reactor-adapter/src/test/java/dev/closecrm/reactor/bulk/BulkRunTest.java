package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ForbiddenException;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.MethodNotAllowedException;
import dev.closecrm.core.error.PaymentRequiredException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.core.error.UnsupportedMediaTypeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** A run without a network: the test ends each call by hand. */
class BulkRunTest {

    private static final BulkOptions<String> TO_THE_END = BulkOptions.<String>builder()
            .maxForbiddenInARow(Integer.MAX_VALUE)
            .maxFailedShare(1)
            .build();

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final DeleteOutcome DELETED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);

    private final List<String> sent = new ArrayList<>();
    private final Map<String, Sinks.One<DeleteOutcome>> calls = new HashMap<>();
    private final List<DeleteResult<String>> results = new ArrayList<>();

    @Test
    void resultsComeInTheOrderInWhichTheCallsEndAndKnowTheirPlace() {
        run(3, "cont_a", "cont_b", "cont_c").subscribe(results::add);
        end("cont_c", DELETED);
        end("cont_a", new DeleteOutcome.NotFound());
        end("cont_b", DELETED);
        assertThat(results).extracting(DeleteResult::index).containsExactly(2L, 0L, 1L);
        assertThat(results).extracting(DeleteResult::item).containsExactly("cont_c", "cont_a", "cont_b");
        assertThat(results).extracting(DeleteResult::attempts).containsOnly(1);
    }

    @Test
    void noMoreAreInFlightThanAllowed() {
        run(2, "cont_a", "cont_b", "cont_c").subscribe(results::add);
        assertThat(sent).containsExactly("cont_a", "cont_b");
        end("cont_a", DELETED);
        assertThat(sent).containsExactly("cont_a", "cont_b", "cont_c");
    }

    @Test
    void anInvalidIdIsAResultAndIsNotSent() {
        List<DeleteResult<String>> all = new Runs(
                        text -> text.equals("none") ? null : throwIfBroken(text), this::call, 4, BulkOptions.defaults())
                .results(Flux.just("../lead/lead_1", "none", "broken", ""))
                .collectList()
                .block(LIMIT);
        assertThat(sent).isEmpty();
        assertThat(all).hasSize(4).allSatisfy(result -> {
            assertThat(result.id()).isNull();
            assertThat(((DeleteOutcome.Failed) result.outcome()).error()).isInstanceOf(InvalidContactIdException.class);
        });
        assertThat(((DeleteOutcome.Failed) all.get(2).outcome()).error()).hasMessageContaining("row is broken");
    }

    @Test
    void theSameIdIsSentOnceAndReportedWhenTheFirstHasEnded() {
        run(4, "cont_a", "cont_a", "cont_b").subscribe(results::add);
        end("cont_b", DELETED);
        assertThat(results).extracting(DeleteResult::index).containsExactly(2L);
        end("cont_a", DELETED);
        assertThat(sent).containsExactly("cont_a", "cont_b");
        assertThat(results).extracting(DeleteResult::index).containsExactlyInAnyOrder(0L, 1L, 2L);
        assertThat(results.stream().filter(result -> result.index() == 1).map(DeleteResult::outcome))
                .containsExactly(new DeleteOutcome.Duplicate(0, DELETED));
    }

    @Test
    void theSameIdLaterIsADuplicateToo() {
        TestPublisher<String> source = TestPublisher.create();
        run(4, source.flux()).subscribe(results::add);
        source.next("cont_a");
        end("cont_a", new DeleteOutcome.NotFound());
        source.next("cont_a");
        assertThat(sent).containsExactly("cont_a");
        assertThat(results.get(1).outcome()).isEqualTo(new DeleteOutcome.Duplicate(0, new DeleteOutcome.NotFound()));
    }

    @Test
    void onlySoManyEndedIdsAreRemembered() {
        AtomicInteger requests = new AtomicInteger();
        Flux<String> ids = Flux.range(0, 65_537).map(i -> "cont_" + i).concatWithValues("cont_0", "cont_65536");
        Long duplicates = new Runs(
                        id -> id,
                        id -> Mono.fromSupplier(() -> {
                            requests.incrementAndGet();
                            return result(id, DELETED);
                        }),
                        1,
                        BulkOptions.defaults())
                .results(ids)
                .filter(result -> result.outcome().kind() == DeleteOutcome.Kind.DUPLICATE)
                .count()
                .block(LIMIT);
        // The first id has been forgotten, the last has not.
        assertThat(duplicates).isEqualTo(1);
        assertThat(requests).hasValue(65_538);
    }

    @Test
    void failuresAreForgottenSoonerSinceTheyAreLarger() {
        CloseCrmException forbidden = new ForbiddenException("cont_a", ErrorResponse.of(403), 1, Delivery.NOT_APPLIED);
        AtomicInteger requests = new AtomicInteger();
        Flux<String> ids = Flux.range(0, 1_025).map(i -> "cont_" + i).concatWithValues("cont_0", "cont_1024");
        new Runs(
                        id -> id,
                        id -> Mono.fromSupplier(() -> {
                            requests.incrementAndGet();
                            return result(id, new DeleteOutcome.Failed(forbidden));
                        }),
                        1,
                        TO_THE_END)
                .results(ids)
                .blockLast(LIMIT);
        assertThat(requests).hasValue(1_026);
    }

    @Test
    void theFirstComesOutBeforeThoseThatRepeatIt() {
        run(4, "cont_a", "cont_a", "cont_a").subscribe(results::add);
        end("cont_a", DELETED);
        assertThat(results.get(0).index()).isZero();
        assertThat(results).hasSize(3);
    }

    static Stream<Arguments> endings() {
        ErrorResponse response = ErrorResponse.of(400);
        return Stream.of(
                Arguments.of(
                        new UnauthorizedException("cont_a", response, 1, Delivery.NOT_APPLIED),
                        Reason.CREDENTIALS_REFUSED),
                Arguments.of(
                        new PaymentRequiredException("cont_a", response, 1, Delivery.NOT_APPLIED), Reason.PLAN_LIMIT),
                Arguments.of(
                        new MethodNotAllowedException("cont_a", response, 1, Delivery.NOT_APPLIED),
                        Reason.NOT_SUPPORTED),
                Arguments.of(
                        new UnsupportedMediaTypeException("cont_a", response, 1, Delivery.NOT_APPLIED),
                        Reason.NOT_SUPPORTED));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void anAnswerNoOtherItemCouldSurviveEndsTheRunAfterTheLastResult(CloseCrmException error, Reason reason) {
        TestPublisher<String> source = TestPublisher.create();
        StepVerifier.create(run(3, source.flux()).doOnNext(results::add).map(DeleteResult::index))
                .expectSubscription()
                .then(() -> source.next("cont_a", "cont_b"))
                .then(() -> end("cont_a", new DeleteOutcome.Failed(error)))
                .expectNext(0L)
                .then(source::assertCancelled)
                // What is in flight finishes and is reported.
                .then(() -> end("cont_b", DELETED))
                .expectNext(1L)
                .expectErrorSatisfies(e -> {
                    BulkAbortedException aborted = (BulkAbortedException) e;
                    assertThat(aborted.reason()).isEqualTo(reason);
                    assertThat(aborted).hasCause(error);
                    assertThat(aborted.summary().deleted()).isEqualTo(1);
                    assertThat(aborted.summary().failed()).isEqualTo(1);
                    assertThat(aborted.summary().nextIndex()).isEqualTo(2);
                    assertThat(aborted.summary().watermark()).isEqualTo(2);
                })
                .verify(LIMIT);
    }

    @Test
    void anyOtherFailureIsOneResultAmongMany() {
        CloseCrmException forbidden = new ForbiddenException("cont_a", ErrorResponse.of(403), 1, Delivery.NOT_APPLIED);
        List<DeleteResult<String>> all = new Runs(
                        id -> id, id -> Mono.just(result(id, new DeleteOutcome.Failed(forbidden))), 2, TO_THE_END)
                .results(Flux.range(0, 100).map(i -> "cont_" + i))
                .collectList()
                .block(LIMIT);
        assertThat(all).hasSize(100);
    }

    @Test
    void aDisposedClientEndsTheRun() {
        DeleteOutcome disposed = new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED);
        StepVerifier.create(new Runs(id -> id, id -> Mono.just(result(id, disposed)), 1, BulkOptions.defaults())
                        .results(Flux.just("cont_a", "cont_b")))
                .expectNextMatches(result -> result.outcome().equals(disposed))
                .expectErrorMatches(e -> ((BulkAbortedException) e).reason() == Reason.CLIENT_DISPOSED)
                .verify(LIMIT);
    }

    @Test
    void anErrorOfTheSourceComesAfterTheResultsOfWhatWasSent() {
        TestPublisher<String> source = TestPublisher.create();
        StepVerifier.create(run(3, source.flux()).map(DeleteResult::index))
                .expectSubscription()
                .then(() -> source.next("cont_a", "cont_b").error(new IllegalStateException("no more rows")))
                .then(() -> end("cont_b", DELETED))
                .expectNext(1L)
                .then(() -> end("cont_a", DELETED))
                .expectNext(0L)
                .expectErrorMessage("no more rows")
                .verify(LIMIT);
    }

    @Test
    void cancellingStopsPullingAndWhatIsInFlight() {
        TestPublisher<String> source = TestPublisher.create();
        List<String> cancelled = new ArrayList<>();
        StepVerifier.create(new Runs(
                                id -> id,
                                id -> Mono.<DeleteResult<ContactId>>never().doOnCancel(() -> cancelled.add(id.value())),
                                2,
                                BulkOptions.defaults())
                        .results(source.flux()))
                .expectSubscription()
                .then(() -> source.next("cont_a", "cont_b"))
                .thenCancel()
                .verify(LIMIT);
        source.assertCancelled();
        assertThat(cancelled).containsExactly("cont_a", "cont_b");
    }

    // Sources, calls and subscribers that do what they must not.

    @Test
    void aCallThatThrowsAfterItHasBegunIsOneResult() {
        Sinks.One<DeleteResult<ContactId>> late = Sinks.one();
        Mono<DeleteResult<ContactId>> broken = new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super DeleteResult<ContactId>> actual) {
                late.asMono().subscribe(actual);
                throw new IllegalStateException("a hook");
            }
        };
        new Runs(id -> id, id -> id.value().equals("cont_a") ? broken : call(id), 4, BulkOptions.defaults())
                .results(Flux.just("cont_a", "cont_b"))
                .subscribe(results::add);
        late.tryEmitValue(result(ContactId.of("cont_a"), DELETED));
        end("cont_b", DELETED);
        assertThat(results).extracting(DeleteResult::index).containsExactly(0L, 1L);
        assertThat(results.get(0).outcome())
                .isInstanceOfSatisfying(
                        DeleteOutcome.Failed.class,
                        failed -> assertThat(((CallException) failed.error()).delivery())
                                .isEqualTo(Delivery.UNKNOWN));
    }

    @Test
    void anItemAfterTheEndOfTheSourceIsNotSent() {
        List<Object> dropped = new ArrayList<>();
        Hooks.onNextDropped(dropped::add);
        try {
            TestPublisher<String> source =
                    TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
            run(4, source.flux()).subscribe(results::add);
            source.next("cont_a");
            source.complete();
            source.next("cont_b");
            assertThat(sent).containsExactly("cont_a");
            assertThat(dropped).containsExactly("cont_b");
        } finally {
            Hooks.resetOnNextDropped();
        }
    }

    @Test
    void aNullOfTheSourceIsItsError() {
        TestPublisher<String> source = TestPublisher.createNoncompliant(TestPublisher.Violation.ALLOW_NULL);
        List<Throwable> errors = new ArrayList<>();
        run(4, source.flux()).subscribe(results::add, errors::add);
        assertThatNullPointerException().isThrownBy(() -> source.next((String) null));
        source.error(new IllegalStateException("a null"));
        assertThat(errors).singleElement().isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatTheSourceWasNotAskedForIsNotSentAndEndsTheRunAfterTheRest() {
        TestPublisher<String> source = TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
        List<Object> discarded = new ArrayList<>();
        List<Throwable> errors = new ArrayList<>();
        run(2, source.flux()).doOnDiscard(String.class, discarded::add).subscribe(results::add, errors::add);
        source.next("cont_a", "cont_b", "cont_c");
        source.assertCancelled();
        assertThat(sent).containsExactly("cont_a", "cont_b");
        assertThat(discarded).containsExactly("cont_c");
        end("cont_a", DELETED);
        assertThat(errors).isEmpty();
        end("cont_b", DELETED);
        assertThat(results).hasSize(2);
        assertThat(errors)
                .singleElement()
                .satisfies(error -> assertThat(Exceptions.isOverflow(error)).isTrue());
    }

    /** What is in flight was asked for by the rules, and is reported. */
    @Test
    void aRequestOfZeroStopsTheRunAndIsItsError() {
        List<Throwable> errors = new ArrayList<>();
        Subscription[] asking = new Subscription[1];
        BaseSubscriber<DeleteResult<String>> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                asking[0] = subscription;
            }

            @Override
            protected void hookOnNext(DeleteResult<String> result) {
                results.add(result);
            }

            @Override
            protected void hookOnError(Throwable error) {
                errors.add(error);
            }
        };
        run(4, "cont_a", "cont_b", "cont_c").subscribe(subscriber);
        asking[0].request(2);
        asking[0].request(0);
        end("cont_a", DELETED);
        assertThat(errors).isEmpty();
        end("cont_b", DELETED);
        assertThat(sent).containsExactly("cont_a", "cont_b");
        assertThat(results).hasSize(2);
        assertThat(errors).singleElement().isInstanceOf(IllegalArgumentException.class);
    }

    // What operators around a run see.

    @Test
    void cancellingDiscardsWhatIsInFlight() {
        List<Object> discarded = new ArrayList<>();
        run(4, "cont_a", "cont_b", "cont_a")
                .doOnDiscard(String.class, discarded::add)
                .subscribe(results::add)
                .dispose();
        assertThat(discarded).containsExactlyInAnyOrder("cont_a", "cont_b", "cont_a");
    }

    @Test
    void cancellingDiscardsResultsThatNobodyTakes() {
        List<Object> discarded = new ArrayList<>();
        new Runs(id -> id, id -> Mono.just(result(id, DELETED)), 4, BulkOptions.defaults())
                .results(Flux.just("cont_a", "cont_b", "cont_c"))
                .doOnDiscard(String.class, discarded::add)
                .subscribe(new BaseSubscriber<>() {
                    @Override
                    protected void hookOnNext(DeleteResult<String> result) {
                        results.add(result);
                        cancel();
                    }
                });
        assertThat(results).extracting(DeleteResult::item).containsExactly("cont_a");
        assertThat(discarded).containsExactlyInAnyOrder("cont_b", "cont_c");
    }

    @Test
    void cancellingDiscardsResultsThatWaitForOneBeforeThem() {
        List<Object> discarded = new ArrayList<>();
        var running = new Runs(
                        id -> id,
                        this::call,
                        4,
                        BulkOptions.<String>builder().ordered().build())
                .results(Flux.just("cont_a", "cont_b", "cont_c"))
                .doOnDiscard(String.class, discarded::add)
                .subscribe(results::add);
        end("cont_b", DELETED);
        running.dispose();
        assertThat(results).isEmpty();
        assertThat(discarded).containsExactlyInAnyOrder("cont_a", "cont_b", "cont_c");
    }

    @Test
    void theNameOfTheSourceIsFoundBehindTheRun() {
        assertThat(Scannable.from(run(1, Flux.just("cont_a").name("imports"))).name())
                .isEqualTo("imports");
    }

    @Test
    void aRunUnderWayCanBeScanned() {
        List<Scannable> subscribers = new ArrayList<>();
        TestPublisher<String> source = TestPublisher.create();
        BaseSubscriber<DeleteResult<String>> end = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(3);
            }
        };
        new Runs(
                        id -> id,
                        id -> new Mono<>() {
                            @Override
                            public void subscribe(CoreSubscriber<? super DeleteResult<ContactId>> actual) {
                                subscribers.add(Scannable.from(actual));
                                call(id).subscribe(actual);
                            }
                        },
                        2,
                        BulkOptions.<String>builder().ordered().build())
                .results(source.flux())
                .subscribe(end);
        source.next("cont_a", "cont_b");
        end("cont_b", DELETED);
        Scannable item = subscribers.get(0);
        Scannable run = item.actuals().findFirst().orElseThrow();
        assertThat(run.scan(Scannable.Attr.BUFFERED)).isEqualTo(1);
        assertThat(run.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(3);
        assertThat(run.scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(item.scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(subscribers.get(1).scan(Scannable.Attr.TERMINATED)).isTrue();
        source.complete();
        end("cont_a", DELETED);
        assertThat(run.scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(run.scan(Scannable.Attr.BUFFERED)).isZero();
        assertThat(run.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(1);
    }

    @Test
    void everyIndexIsReportedOnceHoweverManyItemsThereAre() {
        List<Long> indexes = new Runs(id -> id, id -> Mono.just(result(id, DELETED)), 32, BulkOptions.defaults())
                .results(Flux.range(0, 10_000).map(i -> "cont_" + i))
                .map(DeleteResult::index)
                .collectList()
                .block(LIMIT);
        assertThat(indexes)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 10_000).mapToObj(Long::valueOf).toList());
    }

    private Flux<DeleteResult<String>> run(int concurrency, String... ids) {
        return run(concurrency, Flux.just(ids));
    }

    private Flux<DeleteResult<String>> run(int concurrency, Flux<String> ids) {
        return new Runs(id -> id, this::call, concurrency, BulkOptions.defaults()).results(ids);
    }

    private Mono<DeleteResult<ContactId>> call(ContactId id) {
        return Mono.defer(() -> {
            sent.add(id.value());
            Sinks.One<DeleteOutcome> end = Sinks.one();
            calls.put(id.value(), end);
            return end.asMono().map(outcome -> result(id, outcome));
        });
    }

    private void end(String id, DeleteOutcome outcome) {
        calls.get(id).tryEmitValue(outcome).orThrow();
    }

    private static String throwIfBroken(String text) {
        if (text.equals("broken")) {
            BulkRunTest.<RuntimeException>sneak(new java.io.IOException("row is broken"));
        }
        return text;
    }

    /** As a function written in Kotlin, or with Lombok, might do. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable error) throws E {
        throw (E) error;
    }

    private static DeleteResult<ContactId> result(ContactId id, DeleteOutcome outcome) {
        return new DeleteResult<>(0, id, id, outcome, null, 1, Duration.ofMillis(1));
    }
}
