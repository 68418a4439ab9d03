package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.Insides;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Rows 1 to 15 and 84: connections that do not open, break, hang, or are too few. */
@ExtendWith(Watch.class)
class ConnectionRowsTest {

    private static final DeleteOutcome CONFIRMED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);
    private static final DeleteOutcome INFERRED = new DeleteOutcome.Deleted(Confirmation.INFERRED);

    @ParameterizedTest
    @EnumSource
    void row01_whereNobodyListensFourAttemptsAreMadeAndNothingIsSent(Over over) throws Exception {
        CloseCrmClient client = Small.client(URI.create("http://127.0.0.1:" + freePort()), over);
        Unanswered.of(Small.delete(client))
                .in(Phase.CONNECT)
                .unsent()
                .timedOut(false)
                .passing();
    }

    @ParameterizedTest
    @EnumSource
    void row02_whenTheServiceIsThereAtTheThirdAttemptTheContactIsDeleted(Over over) throws Exception {
        int nobody = freePort();
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            URI baseUrl = sandbox.baseUrl();
            AtomicInteger attempts = new AtomicInteger();
            CloseCrmClient client = Small.client(Small.builder(baseUrl, over, connections -> connections)
                    .httpClient(http -> http.resolver(new Addresses(() -> new InetSocketAddress(
                            baseUrl.getHost(), attempts.incrementAndGet() < 3 ? nobody : baseUrl.getPort())))));
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(CONFIRMED);
            assertThat(result.attempts()).isEqualTo(attempts.get()).isEqualTo(3);
            assertThat(sandbox.ledger().requests()).isEqualTo(1);
        }
    }

    /** Whatever is looked up, at each attempt anew. */
    private static final class Addresses extends AddressResolverGroup<InetSocketAddress> {

        private final Supplier<InetSocketAddress> next;

        Addresses(Supplier<InetSocketAddress> next) {
            this.next = next;
        }

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new AbstractAddressResolver<>(executor, InetSocketAddress.class) {
                @Override
                protected boolean doIsResolved(InetSocketAddress address) {
                    return false;
                }

                @Override
                protected void doResolve(InetSocketAddress address, Promise<InetSocketAddress> promise) {
                    promise.setSuccess(next.get());
                }

                @Override
                protected void doResolveAll(InetSocketAddress address, Promise<List<InetSocketAddress>> promise) {
                    promise.setSuccess(List.of(next.get()));
                }
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void row03_aConnectionThatNeverOpensTimesOutAtEachAttempt(Over over) throws Exception {
        try (BlackHole hole = BlackHole.open()) {
            Duration limit = Small.small(ConnectionOptions.defaults().connectTimeout());
            CloseCrmClient client =
                    Small.client(hole.baseUrl(), over, connections -> connections.connectTimeout(limit));
            Unanswered fault = Unanswered.of(Small.delete(client))
                    .in(Phase.CONNECT)
                    .unsent()
                    .timedOut(true)
                    .passing();
            // A minute with the defaults.
            assertThat(fault.result().elapsed())
                    .isBetween(limit.multipliedBy(Unanswered.ALL_ATTEMPTS), Small.small(Duration.ofSeconds(60)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void row04_aPooledConnectionThatTheServiceClosedIsNotNoticed(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 2)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.connectionClose());
            assertThat(Small.delete(client, id(sandbox, 0)).outcome()).isEqualTo(CONFIRMED);
            Eventually.is("the connection is gone", Small.LIMIT, () -> Insides.openConnections(client) == 0);

            DeleteResult<ContactId> next = Small.delete(client, id(sandbox, 1));
            assertThat(next.outcome()).isEqualTo(CONFIRMED);
            assertThat(next.attempts()).isEqualTo(1);
            assertThat(sandbox.ledger().entry(next.item().value()).requests()).isEqualTo(1);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row06_aResetAfterTheRequestWasReadIsFollowedByAnotherAttempt(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.resetBefore());
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(CONFIRMED);
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(sandbox.ledger().requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row07_aResetAfterTheDeleteWasDoneIsADeletionThatIsInferred(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.resetAfter());
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(INFERRED);
            assertThat(result.status()).isEqualTo(404);
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(sandbox.ledger().requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row08_aResetEachTimeLeavesTheContactInDoubt(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.resetAfter());
            Unanswered.of(Small.delete(client, Small.first(sandbox)))
                    .in(Phase.EXCHANGE)
                    .inDoubt()
                    .timedOut(false)
                    .passing();
            assertThat(sandbox.ledger().requests()).isEqualTo(4);
            assertThat(Small.signal(client.deleteContact(Small.first(sandbox))))
                    .isInstanceOfSatisfying(
                            TransportException.class,
                            error -> assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN));
        }
    }

    @ParameterizedTest
    @EnumSource
    void row09_aServiceThatNeverAnswersIsGivenUpAndAskedAgain(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            Duration limit = Small.small(ConnectionOptions.defaults().responseTimeout());
            CloseCrmClient client =
                    Small.client(sandbox.baseUrl(), over, connections -> connections.responseTimeout(limit));
            sandbox.faults().every(1, Fault.silent());
            Unanswered fault = Unanswered.of(Small.delete(client, Small.first(sandbox)))
                    .in(Phase.EXCHANGE)
                    .inDoubt()
                    .timedOut(true)
                    .passing();
            assertThat(fault.result().elapsed()).isGreaterThanOrEqualTo(limit.multipliedBy(Unanswered.ALL_ATTEMPTS));
            assertThat(sandbox.ledger().requests()).isEqualTo(Unanswered.ALL_ATTEMPTS);
            Eventually.is(
                    "the exchanges are closed",
                    Small.LIMIT,
                    () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row10_aServiceThatEndsItsSideIsAskedAgain(Over over) throws Exception {
        RawServer.Script bytes = (request, wire) -> {
            if (request.connection() == 1) {
                wire.socket().shutdownOutput();
            } else {
                wire.write(Answers.OK);
            }
        };
        FrameServer.Script frames = (request, wire) -> {
            if (request.connection() == 1) {
                wire.endOutput();
            } else {
                wire.answer(200, "{}");
            }
        };
        try (Service service = Service.plain(over, bytes, frames)) {
            DeleteResult<ContactId> result = Small.delete(Small.client(service.baseUrl(), over));
            assertThat(result.outcome()).isEqualTo(CONFIRMED);
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(service.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row11_whenAllPermitsHangTheNextCallWaitsAtTheGateForItsOwnTime(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 33)) {
            sandbox.faults().every(1, Fault.silent());
            Duration limit = Duration.ofMillis(300);
            CloseCrmClient client = Small.client(Small.builder(sandbox.baseUrl(), over, connections -> connections)
                    .retry(Small.retry().callTimeout(limit).build()));
            var hanging = client.deleteContacts(
                            Flux.fromIterable(sandbox.contactIds()).take(32))
                    .subscribe();
            Eventually.is("32 hang", Small.LIMIT, () -> sandbox.ledger().inFlight() == 32);

            DeleteResult<ContactId> late = Small.delete(client, id(sandbox, 32));
            CallException error = (CallException) Small.error(late);
            assertThat(error)
                    .isInstanceOfSatisfying(
                            CallTimeoutException.class,
                            timeout -> assertThat(timeout.phase()).isEqualTo(CallTimeoutException.Phase.PERMIT));
            assertThat(late.elapsed()).isGreaterThanOrEqualTo(limit);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
            assertThat(error.attempts()).isZero();
            assertThat(sandbox.ledger().requests()).isEqualTo(32);
            hanging.dispose();
            Eventually.is("none hangs", Small.LIMIT, () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row12_tenThousandCallsThatEndInEveryWayLeaveNothing(Over over) {
        long seed = Long.getLong("closecrm.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        int contacts = 10_000;
        try (CloseCrmSandbox sandbox = Small.sandbox(over, contacts)) {
            sandbox.faults()
                    .withProbability(
                            0.02, seed, Fault.resetBefore(), Fault.closeAfter(), Fault.status(403), Fault.garbage());
            CloseCrmClient client = Small.client(Small.builder(sandbox.baseUrl(), over, connections -> connections)
                    .retry(RetryOptions.builder()
                            .transportBackoff(Duration.ofMillis(1), Duration.ofMillis(5))
                            .maxAttempts(2)
                            .build()));
            AtomicInteger most = new AtomicInteger();
            AtomicInteger number = new AtomicInteger();
            Flux<DeleteOutcome.Kind> all = Flux.fromIterable(sandbox.contactIds())
                    .flatMap(
                            id -> {
                                var call = client.tryDeleteContact(
                                        ContactId.of(number.get() % 10 == 9 ? "cont_missing" + number.get() : id));
                                return number.incrementAndGet() % 50 == 0
                                        ? call.take(Duration.ofMillis(1))
                                                .map(result -> result.outcome().kind())
                                        : call.map(result -> result.outcome().kind());
                            },
                            64)
                    .doOnNext(kind -> most.accumulateAndGet(Insides.openConnections(client), Math::max));
            assertThat(all.collectList().block(Duration.ofSeconds(60)))
                    .contains(Kind.DELETED, Kind.NOT_FOUND, Kind.FAILED)
                    .hasSizeGreaterThan(9_000);
            assertThat(most).hasPositiveValue().hasValueLessThanOrEqualTo(32);
            Eventually.is(
                    "nothing is in flight", Small.LIMIT, () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row13_aServiceThatHangsUpAfterEachAnswerCostsConnectionsAndNothingElse(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 20)) {
            // Of those that are charged there is one attempt only.
            CloseCrmClient client = Small.clientOfOneAttempt(sandbox.baseUrl(), over, connections -> connections);
            sandbox.faults().every(1, Fault.connectionClose());
            List<DeleteResult<ContactId>> results = Flux.fromIterable(sandbox.contactIds())
                    .concatMap(id -> client.tryDeleteContact(ContactId.of(id)))
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results).hasSize(20).allSatisfy(result -> {
                assertThat(result.outcome()).isEqualTo(CONFIRMED);
                // Over HTTP/2 the goodbye comes after the answer, and a call may be faster: its stream is not looked
                // at.
                assertThat(result.attempts()).isLessThanOrEqualTo(over == Over.HTTP_2 ? 2 : 1);
                assertThat(sandbox.ledger().entry(result.item().value()).requests())
                        .isEqualTo(1);
            });
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row14_aConnectionThatIsGoodForAHundredRequestsCostsNoContact(Over over) throws Exception {
        int[] perConnection = new int[10_000];
        RawServer.Script bytes = (request, wire) -> {
            wire.write(Answers.OK);
            if (++perConnection[request.connection()] == 100) {
                // Without a word before, which is ruder than most.
                wire.socket().close();
            }
        };
        FrameServer.Script frames = (request, wire) -> {
            int number = ++perConnection[request.connection()];
            if (number <= 100) {
                wire.answer(200, "{}");
            }
            if (number == 100) {
                // Those after it are not looked at.
                wire.goAway(request.stream());
            }
        };
        try (Service service = Service.plain(over, bytes, frames)) {
            CloseCrmClient client = Small.client(service.baseUrl(), over, connections -> connections.maxConnections(4));
            List<DeleteResult<String>> results = client.deleteContacts(
                            Flux.range(0, 1_000).map(i -> "cont_" + i))
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results)
                    .hasSize(1_000)
                    .allSatisfy(result -> assertThat(result.outcome()).isEqualTo(CONFIRMED));
            assertThat(service.connections()).isGreaterThanOrEqualTo(10);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row15_theClientHangsUpBeforeTheServiceDoes(Over over) {
        ConnectionOptions defaults = ConnectionOptions.defaults();
        // The sandbox hangs up on nobody.
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 2)) {
            CloseCrmClient client = Small.client(
                    sandbox.baseUrl(),
                    over,
                    connections -> connections
                            .maxIdleTime(Small.small(defaults.maxIdleTime()))
                            .evictionInterval(Small.small(defaults.evictionInterval())));
            Small.delete(client, id(sandbox, 0));
            assertThat(sandbox.ledger().connections()).isEqualTo(1);
            Eventually.is(
                    "the client has hung up",
                    Small.LIMIT,
                    () -> sandbox.ledger().connections() == 0);
            DeleteResult<ContactId> next = Small.delete(client, id(sandbox, 1));
            assertThat(next.outcome()).isEqualTo(CONFIRMED);
            assertThat(next.attempts()).isEqualTo(1);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(2);
            assertThat(sandbox.ledger().requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row84_thePoolsTimeLimitIsNotHeardOfOnceTheCallHasSucceeded(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 64)) {
            sandbox.faults().every(1, Fault.delay(Duration.ofMillis(100)));
            CloseCrmClient client = Small.client(
                    sandbox.baseUrl(), over, connections -> connections.acquireTimeout(Duration.ofMillis(20)));
            // Twice as many calls at once as there are permits, and each wave takes longer than the pool's limit: it
            // passes while calls are under way, and who waited in the pool would meet it.
            StepVerifier.create(Flux.fromIterable(sandbox.contactIds())
                            .flatMap(id -> client.tryDeleteContact(ContactId.of(id)), 64)
                            .map(result -> result.outcome().kind())
                            .distinct())
                    .expectNext(Kind.DELETED)
                    .expectComplete()
                    .verify(Small.LIMIT);
        }
    }

    private static ContactId id(CloseCrmSandbox sandbox, int index) {
        return ContactId.of(sandbox.contactIds().get(index));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
