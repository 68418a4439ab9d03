package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.TokenRefreshException;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.Insides;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.auth.TokenStore;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkProgress;
import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import org.slf4j.LoggerFactory;
import reactor.blockhound.BlockingOperationError;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Rows 71 and 74 to 85 over sockets: calls that are given up, and runs whose subscribers, sources, ids and listeners are odd. */
@ExtendWith(Watch.class)
@ParameterizedClass
@EnumSource
class TimingRowsTest {

    private static final DeleteOutcome DISPOSED = new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED);

    private final Over over;
    private final Queue<Service.Reply> held = new ConcurrentLinkedQueue<>();

    TimingRowsTest(Over over) {
        this.over = over;
    }

    /** Over HTTP/2 the stream is reset; that the other streams live on is shown by StreamsTest. */
    @Test
    void row71_aCallThatIsGivenUpInFlightLeavesNoConnectionBehindThatItsAnswerComesOn() throws Exception {
        try (Service service = Service.plain(over, this::hold)) {
            CloseCrmClient client = client(service, options -> options.maxConnections(1));
            Queue<Object> told = new ConcurrentLinkedQueue<>();
            Disposable call = client.tryDeleteContact(Small.ID)
                    .doOnTerminate(() -> told.add("the end"))
                    .subscribe(told::add, told::add);
            Eventually.is("a request", Small.LIMIT, () -> held.size() == 1);
            call.dispose();
            Eventually.is("no call", Small.LIMIT, () -> Insides.callsUnderWay(client) == 0);
            if (over == Over.HTTP_1_1) {
                Eventually.is("no connection", Small.LIMIT, () -> Insides.openConnections(client) == 0);
            }
            // The permit is free for the next call, which does not hear the answer to the first.
            Mono<DeleteResult<ContactId>> next =
                    client.tryDeleteContact(ContactId.of("cont_0")).cache();
            next.subscribe();
            Eventually.is("another request", Small.LIMIT, () -> held.size() == 2);
            answer(404, "{}");
            assertThat(next.block(Small.LIMIT).outcome().kind()).isEqualTo(Kind.NOT_FOUND);
            assertThat(told).isEmpty();
            assertThat(service.requests()).hasSize(2);
        }
    }

    @Test
    void row74_whoNeverAsksHasNothingSent() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            CloseCrmClient client = client(service);
            CountDownLatch done = new CountDownLatch(1);
            BaseSubscriber<DeleteResult<String>> silent = new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {}

                @Override
                protected void hookOnNext(DeleteResult<String> result) {
                    done.countDown();
                }
            };
            client.deleteContacts(Flux.just("cont_1", "cont_2")).subscribe(silent);
            // A call that comes after it is through, and the run has still sent nothing.
            Small.delete(client, ContactId.of("cont_other"));
            assertThat(service.requests()).hasSize(1);
            assertThat(service.connections()).isEqualTo(1);
            silent.request(1);
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(service.requests()).hasSize(2);
            silent.cancel();
        }
    }

    @Test
    void row75_anErrorOfTheSourceComesAfterTheResultsOfWhatItBrought() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            List<DeleteResult<String>> results = new ArrayList<>();
            Throwable end = Small.signal(client(service)
                    .deleteContacts(ids(100).concatWith(Flux.error(new IllegalStateException("no more rows"))))
                    .doOnNext(results::add)
                    .then());
            assertThat(end).isInstanceOf(IllegalStateException.class).hasMessage("no more rows");
            assertThat(results).hasSize(100).allMatch(result -> result.outcome().kind() == Kind.DELETED);
        }
    }

    @Test
    void row76_whatIsNoIdIsAResultAndIsNotSent() throws Exception {
        List<String> odd = List.of(
                "",
                " ",
                "../lead/lead_1",
                "a?b",
                "a#b",
                "%2e%2e",
                "..",
                "cont_a/",
                "cont_a\r\nX: y",
                "cont_a\n",
                "cont_\u00e9",
                "x".repeat(10 * 1024));
        try (Service service = Service.plain(over, Service.OK)) {
            CloseCrmClient client = client(service);
            List<DeleteResult<String>> results = client.deleteContacts(
                            Flux.fromIterable(odd).concatWithValues("cont_1"))
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results).hasSize(odd.size() + 1);
            assertThat(results)
                    .filteredOn(result -> result.index() < odd.size())
                    .allSatisfy(result -> {
                        assertThat(Small.error(result).code()).isEqualTo(ErrorCode.INVALID_CONTACT_ID);
                        assertThat(result.item()).isEqualTo(odd.get((int) result.index()));
                        assertThat(result.id()).isNull();
                        assertThat(result.attempts()).isZero();
                        // Whoever logs it does not get ten kilobytes, nor a second line.
                        assertThat(Small.error(result).getMessage())
                                .hasSizeLessThan(400)
                                .doesNotContain("\r", "\n");
                    });
            assertThat(service.requests())
                    .extracting(Service.Request::contactId)
                    .containsExactly("cont_1");
            assertThat(client.quota().keys()).hasSize(1);
        }
    }

    @Test
    void row76_nullIsARuleThatTheSourceBreaks() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            List<DeleteResult<String>> results = new ArrayList<>();
            Throwable end = Small.signal(client(service)
                    .deleteContacts(Flux.fromIterable(Arrays.asList("cont_1", null, "cont_2")))
                    .doOnNext(results::add)
                    .then());
            assertThat(end).isInstanceOf(NullPointerException.class);
            assertThat(results)
                    .singleElement()
                    .satisfies(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED));
            assertThat(service.requests()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row77_theSameIdTwiceIsSentOnce(boolean ordered) throws Exception {
        try (Service service = Service.plain(over, Service.ABOUT)) {
            BulkOptions.Builder<String> options = BulkOptions.builder();
            // At once, and so much later that the first has ended.
            List<DeleteResult<String>> results = client(service)
                    .deleteContacts(
                            Flux.just("cont_1", "cont_1", "cont_0", "cont_0")
                                    .concatWith(ids(300).map(id -> id + "x"))
                                    .concatWithValues("cont_1", "cont_0"),
                            (ordered ? options.ordered() : options)
                                    .maxNotFoundAtFirst(Integer.MAX_VALUE)
                                    .build())
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results).hasSize(306);
            assertThat(service.requests())
                    .extracting(Service.Request::contactId)
                    .doesNotHaveDuplicates()
                    .hasSize(302);
            DeleteOutcome first = outcome(results, 0);
            DeleteOutcome third = outcome(results, 2);
            assertThat(first.kind()).isEqualTo(Kind.DELETED);
            assertThat(third.kind()).isEqualTo(Kind.NOT_FOUND);
            for (int index : new int[] {1, 304}) {
                assertThat(outcome(results, index)).isEqualTo(new DeleteOutcome.Duplicate(0, first));
            }
            for (int index : new int[] {3, 305}) {
                assertThat(outcome(results, index)).isEqualTo(new DeleteOutcome.Duplicate(2, third));
            }
        }
    }

    @Test
    void row78_aListenerThatThrowsIsLoggedAndTheRunGoesOn() throws Exception {
        try (Service service = Service.plain(over, this::hold);
                Logged logged = new Logged()) {
            AtomicInteger heard = new AtomicInteger();
            Mono<List<DeleteResult<String>>> run = run(client(service), progress -> {
                heard.incrementAndGet();
                throw new IllegalStateException("thrown by the listener");
            });
            Eventually.is("the listener is called again", Small.LIMIT, () -> heard.get() >= 2);
            Eventually.is("all requests", Small.LIMIT, () -> held.size() == 10);
            answer(200, "{}");
            assertThat(run.block(Small.LIMIT)).hasSize(10);
            Eventually.is("a warning", Small.LIMIT, () -> logged.warned("a listener to progress threw"));
        }
    }

    @Test
    void row78_aListenerThatBlocksHoldsUpNobody() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (Service service = Service.plain(over, this::hold)) {
            AtomicInteger entered = new AtomicInteger();
            AtomicReference<Thread> thread = new AtomicReference<>();
            CloseCrmClient client = client(service);
            Mono<List<DeleteResult<String>>> run = run(client, progress -> {
                thread.set(Thread.currentThread());
                entered.incrementAndGet();
                await(release);
            });
            Eventually.is("the listener blocks", Small.LIMIT, () -> entered.get() == 1);
            Eventually.is("all requests", Small.LIMIT, () -> held.size() == 10);
            answer(200, "{}");
            assertThat(run.block(Small.LIMIT)).hasSize(10);
            Mono<DeleteResult<ContactId>> single =
                    client.tryDeleteContact(Small.ID).cache();
            single.subscribe();
            Eventually.is("one more request", Small.LIMIT, () -> held.size() == 1);
            answer(200, "{}");
            assertThat(single.block(Small.LIMIT).outcome().kind()).isEqualTo(Kind.DELETED);
            assertThat(thread.get().getName()).startsWith("boundedElastic");
            assertThat(entered).hasValue(1);
            release.countDown();
        } finally {
            release.countDown();
        }
    }

    @Test
    void row78_aListenerThatTakesASecondIsWarnedOf() throws Exception {
        try (Service service = Service.plain(over, Service.OK);
                Logged logged = new Logged()) {
            CountDownLatch never = new CountDownLatch(1);
            assertThat(run(client(service), progress -> await(never, 1)).block(Small.LIMIT))
                    .hasSize(10);
            Eventually.is("a warning", Small.LIMIT, () -> logged.warned("a listener to progress took"));
        }
    }

    /** It is the user's own, and is called on a thread that may block. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row78_aTokenStoreThatThrowsOrBlocksConcernsNobodyButThoseWhoWaitForTheToken(boolean throwing)
            throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        TokenStore store = throwing
                ? token -> {
                    throw new IllegalStateException("thrown by the store");
                }
                : token -> Mono.<Void>fromRunnable(() -> {
                            entered.countDown();
                            await(release);
                        })
                        .subscribeOn(Schedulers.boundedElastic());
        RawServer.Script issue = (request, wire) -> wire.write(Answers.json(
                200,
                "{\"access_token\": \"" + Watch.ACCESS_TOKEN + "\", \"expires_in\": 3600, \"refresh_token\": \""
                        + Watch.REFRESH_TOKEN + ".2\"}"));
        try (Service service = Service.plain(over, Service.OK);
                RawServer tokens = RawServer.plain(issue)) {
            CloseCrmClient client =
                    Small.client(Small.withoutCredentials(service.baseUrl(), over, connections -> connections)
                            .oauth2(OAuth2Credentials.builder()
                                    .tokenEndpoint(tokens.baseUrl().resolve("/oauth2/token/"))
                                    .clientId("client-1")
                                    .clientSecret(Watch.CLIENT_SECRET)
                                    .refreshToken(Watch.REFRESH_TOKEN)
                                    .refreshTimeout(Small.LIMIT)
                                    .tokenStore(store)
                                    .build()));
            CloseCrmClient neighbour = client.withCredentials(Credentials.apiKey(Watch.KEY));
            if (throwing) {
                assertThat(Small.error(Small.delete(client))).isInstanceOf(TokenRefreshException.class);
                assertThat(service.requests()).isEmpty();
            } else {
                Mono<DeleteResult<ContactId>> waiting =
                        client.tryDeleteContact(Small.ID).cache();
                waiting.subscribe();
                assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(Small.delete(neighbour).outcome().kind()).isEqualTo(Kind.DELETED);
                release.countDown();
                assertThat(waiting.block(Small.LIMIT).outcome().kind()).isEqualTo(Kind.DELETED);
            }
            assertThat(Small.delete(neighbour).outcome().kind()).isEqualTo(Kind.DELETED);
        } finally {
            release.countDown();
        }
    }

    @Test
    void row79_whoBlocksOnAThreadThatDeliversIsToldSoAndTheNextCallWorks() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            CloseCrmClient client = client(service);
            StepVerifier.create(client.tryDeleteContact(Small.ID)
                            .doOnNext(
                                    result -> client.tryDeleteContact(Small.ID).block()))
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("block()/blockFirst()/blockLast() are blocking"))
                    .verify(Small.LIMIT);
            StepVerifier.create(client.deleteContacts(ids(10))
                            .doOnNext(
                                    result -> client.tryDeleteContact(Small.ID).block())
                            // On the test's own thread, which would deliver some of them, blocking is allowed.
                            .subscribeOn(Schedulers.parallel()))
                    .expectErrorSatisfies(error -> assertThat(error).isInstanceOf(IllegalStateException.class))
                    .verify(Small.LIMIT);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(Kind.DELETED);
        }
    }

    /** BlockHound watches all of these tests; here it is seen to be awake on the threads they run on. */
    @Test
    void row80_whatBlocksAThreadThatDeliversIsCaught() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            CloseCrmClient client = client(service);
            StepVerifier.create(client.tryDeleteContact(Small.ID).doOnNext(result -> LockSupport.parkNanos(1_000_000)))
                    .expectErrorSatisfies(error -> assertThat(error).isInstanceOf(BlockingOperationError.class))
                    .verify(Small.LIMIT);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(Kind.DELETED);
        }
    }

    @Test
    void row81_disposingLetsWhatIsInFlightEndAndSaysOfTheOthersWhatBecameOfThem() throws Exception {
        Service.Script script = (request, reply) -> {
            if (request.contactId().startsWith("cont_down")) {
                reply.json(503, "{}", "Retry-After", "60");
            } else {
                hold(request, reply);
            }
        };
        try (Service service = Service.plain(over, script)) {
            CloseCrmClient client =
                    Small.client(Small.builder(service.baseUrl(), over, connections -> connections.maxConnections(10))
                            .retry(RetryOptions.builder()
                                    .longestServerWait(Duration.ofSeconds(80))
                                    .callTimeout(Duration.ofSeconds(90))
                                    .build()));
            List<Mono<DeleteResult<ContactId>>> inBackoff = begin(client, "cont_down", 5);
            Eventually.is("five answers", Small.LIMIT, () -> Insides.resting(client) == 5);
            List<Mono<DeleteResult<ContactId>>> inFlight = begin(client, "cont_flight", 10);
            Eventually.is("ten requests", Small.LIMIT, () -> held.size() == 10);
            List<Mono<DeleteResult<ContactId>>> waiting = begin(client, "cont_waiting", 90);
            List<DeleteResult<String>> ofRun = new ArrayList<>();
            Mono<Throwable> run = client.deleteContacts(ids(1_000))
                    .doOnNext(ofRun::add)
                    .then(Mono.<Throwable>empty())
                    .onErrorResume(Mono::just)
                    .cache();
            run.subscribe();
            Mono<Void> disposed = client.disposeLater().cache();
            disposed.subscribe();

            // Before anything in flight has ended.
            assertThat(all(waiting)).extracting(DeleteResult::outcome).containsOnly(DISPOSED);
            assertThat(all(inBackoff))
                    .allSatisfy(result -> assertThat(((CallException) Small.error(result)).delivery())
                            .isEqualTo(Delivery.UNKNOWN));
            assertThat(run.block(Small.LIMIT))
                    .isInstanceOfSatisfying(
                            BulkAbortedException.class,
                            aborted -> assertThat(aborted.reason()).isEqualTo(Reason.CLIENT_DISPOSED));
            assertThat(ofRun)
                    .hasSizeBetween(1, 10)
                    .extracting(DeleteResult::outcome)
                    .containsOnly(DISPOSED);
            assertThat(Small.delete(client).outcome()).isEqualTo(DISPOSED);

            answer(200, "{}");
            assertThat(all(inFlight))
                    .hasSize(10)
                    .allMatch(result -> result.outcome().kind() == Kind.DELETED);
            disposed.block(Small.LIMIT);
            assertThat(Insides.openConnections(client)).isZero();
            assertThat(service.requests()).hasSize(15);
        }
    }

    @Test
    void row82_closingTwiceOnAnEventLoopWhileACallWaitsDoesNotDeadlock() throws Exception {
        Service.Script script = (request, reply) -> {
            switch (request.contactId()) {
                case "cont_first" -> reply.json(200, "{}");
                case "cont_refused" -> reply.json(429, "{}", "Retry-After", "60");
                default -> hold(request, reply);
            }
        };
        try (Service service = Service.plain(over, script)) {
            CloseCrmClient client = client(service);
            Small.delete(client, ContactId.of("cont_first"));
            AtomicReference<String> thread = new AtomicReference<>();
            Mono<DeleteResult<ContactId>> closing = client.tryDeleteContact(ContactId.of("cont_closing"))
                    .doOnNext(result -> {
                        thread.set(Thread.currentThread().getName());
                        client.close();
                        client.close();
                    })
                    .cache();
            closing.subscribe();
            Eventually.is("one request", Small.LIMIT, () -> held.size() == 1);
            Mono<DeleteResult<ContactId>> refused =
                    client.tryDeleteContact(ContactId.of("cont_refused")).cache();
            refused.subscribe();
            Eventually.is("a refusal", Small.LIMIT, () -> client.quota().refusals() == 1);
            answer(200, "{}");
            assertThat(closing.block(Small.LIMIT).outcome().kind()).isEqualTo(Kind.DELETED);
            assertThat(thread.get()).startsWith("reactor-http-");
            // It was refused, so that nothing can have been deleted.
            DeleteResult<ContactId> ended = refused.block(Small.LIMIT);
            assertThat(((CallException) Small.error(ended)).delivery()).isEqualTo(Delivery.NOT_APPLIED);
            client.close();
            client.close();
            assertThat(client.isDisposed()).isTrue();
            assertThat(service.requests()).hasSize(3);
        }
    }

    @Test
    void row83_aSingleCallDoesNotWaitForTwoRuns() throws Exception {
        try (Service service = Service.plain(over, this::hold)) {
            CloseCrmClient client = client(service, connections -> connections.maxConnections(4));
            Queue<String> ended = new ConcurrentLinkedQueue<>();
            Disposable one =
                    client.deleteContacts(ids(1_000).map(id -> id + "a")).subscribe(result -> ended.add(result.item()));
            Disposable other =
                    client.deleteContacts(ids(1_000).map(id -> id + "b")).subscribe(result -> ended.add(result.item()));
            answerUntil("each has had its turns", () -> count(ended, "a") >= 50 && count(ended, "b") >= 50);
            assertThat(count(ended, "a") - count(ended, "b")).isBetween(-20L, 20L);
            Eventually.is("all permits in use", Small.LIMIT, () -> held.size() == 4);
            int before = service.requests().size();
            Mono<DeleteResult<ContactId>> single =
                    client.tryDeleteContact(ContactId.of("cont_single")).cache();
            single.subscribe();
            // One that is in flight ends, and its permit is the call's.
            held.poll().json(200, "{}");
            Eventually.is(
                    "one more request", Small.LIMIT, () -> service.requests().size() == before + 1);
            assertThat(service.requests().get(before).contactId()).isEqualTo("cont_single");
            one.dispose();
            other.dispose();
            answerUntil("the single call ends", () -> Insides.callsUnderWay(client) == 0);
            assertThat(single.block(Small.LIMIT).outcome().kind()).isEqualTo(Kind.DELETED);
        }
    }

    /** But for two: over HTTP/2 Reactor Netty keeps, for a connection, the call that has opened it and the last one on it. */
    @Test
    void row85_whatTheCallerHadInItsContextIsCollectableAfterwards() throws Exception {
        try (Service service = Service.plain(over, Service.OK)) {
            CloseCrmClient client = client(service);
            ReferenceQueue<Object> collected = new ReferenceQueue<>();
            List<WeakReference<Object>> references = new ArrayList<>();
            BulkOptions<String> options = BulkOptions.<String>builder()
                    .ordered()
                    .progressListener(Duration.ofMillis(1), progress -> {})
                    .build();
            for (int i = 0; i < 10; i++) {
                references.add(
                        withValue(collected, client.tryDeleteContact(Small.ID).then()));
                references.add(
                        withValue(collected, client.deleteContacts(ids(10)).then()));
                references.add(withValue(
                        collected, client.deleteContacts(ids(10), options).then()));
            }
            int kept = over == Over.HTTP_2 ? 2 * service.connections() : 0;
            assertThat(kept).isLessThanOrEqualTo(2);
            int gone = gone(collected, references.size() - kept);
            assertThat(gone).isGreaterThanOrEqualTo(references.size() - kept);
            client.close();
            assertThat(gone + gone(collected, references.size() - gone)).isEqualTo(references.size());
        }
    }

    private static int gone(ReferenceQueue<Object> collected, int expected) throws InterruptedException {
        long end = System.nanoTime() + Small.LIMIT.toNanos() / 3;
        int gone = 0;
        while (gone < expected && System.nanoTime() - end < 0) {
            System.gc();
            gone += collected.remove(50) == null ? 0 : 1;
        }
        return gone;
    }

    private static WeakReference<Object> withValue(ReferenceQueue<Object> queue, Mono<Void> call) {
        Object value = new byte[16];
        call.contextWrite(context -> context.put("trace", value)).block(Small.LIMIT);
        return new WeakReference<>(value, queue);
    }

    private Mono<List<DeleteResult<String>>> run(CloseCrmClient client, Consumer<BulkProgress> listener) {
        Mono<List<DeleteResult<String>>> run = client.deleteContacts(
                        ids(10),
                        BulkOptions.<String>builder()
                                .progressListener(Duration.ofMillis(10), listener)
                                .build())
                .collectList()
                .cache();
        // Otherwise one goes first, and the others when its answer names no limit.
        Mono<DeleteResult<ContactId>> first =
                client.tryDeleteContact(ContactId.of("cont_first")).cache();
        first.subscribe();
        Eventually.is("an answer", Small.LIMIT, () -> {
            answer(200, "{}");
            return Insides.callsUnderWay(client) == 0;
        });
        run.subscribe();
        return run;
    }

    private static List<Mono<DeleteResult<ContactId>>> begin(CloseCrmClient client, String name, int count) {
        List<Mono<DeleteResult<ContactId>>> calls = IntStream.range(0, count)
                .mapToObj(i -> client.tryDeleteContact(ContactId.of(name + i)).cache())
                .toList();
        calls.forEach(Mono::subscribe);
        return calls;
    }

    private static List<DeleteResult<ContactId>> all(List<Mono<DeleteResult<ContactId>>> calls) {
        return calls.stream().map(call -> call.block(Small.LIMIT)).toList();
    }

    private static DeleteOutcome outcome(List<DeleteResult<String>> results, long index) {
        return results.stream()
                .filter(result -> result.index() == index)
                .findFirst()
                .orElseThrow()
                .outcome();
    }

    private static long count(Queue<String> ended, String suffix) {
        return ended.stream().filter(id -> id.endsWith(suffix)).count();
    }

    private void hold(Service.Request request, Service.Reply reply) {
        held.add(reply);
    }

    private void answer(int status, String body) {
        for (Service.Reply reply = held.poll(); reply != null; reply = held.poll()) {
            try {
                reply.json(status, body);
            } catch (IOException e) {
                // Whoever asked has hung up.
            }
        }
    }

    private void answerUntil(String what, BooleanSupplier condition) {
        Eventually.is(what, Small.LIMIT, () -> {
            boolean met = condition.getAsBoolean();
            if (!met) {
                answer(200, "{}");
            }
            return met;
        });
    }

    private static void await(CountDownLatch latch) {
        await(latch, 30);
    }

    private static void await(CountDownLatch latch, long seconds) {
        try {
            latch.await(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Flux<String> ids(int count) {
        return Flux.range(0, count).map(i -> "cont_" + i);
    }

    private CloseCrmClient client(Service service) {
        return client(service, connections -> connections);
    }

    private CloseCrmClient client(Service service, UnaryOperator<ConnectionOptions.Builder> settings) {
        return Small.client(service.baseUrl(), over, settings);
    }

    /** What the library logs of listeners. */
    private static final class Logged implements AutoCloseable {

        private final Logger logger = (Logger) LoggerFactory.getLogger("dev.closecrm.reactor.bulk");
        private final ListAppender<ILoggingEvent> events = new ListAppender<>();

        Logged() {
            events.list = new CopyOnWriteArrayList<>();
            events.start();
            logger.addAppender(events);
        }

        boolean warned(String text) {
            return events.list.stream()
                    .anyMatch(event -> event.getLevel() == Level.WARN
                            && event.getFormattedMessage().contains(text));
        }

        @Override
        public void close() {
            logger.detachAppender(events);
        }
    }
}
