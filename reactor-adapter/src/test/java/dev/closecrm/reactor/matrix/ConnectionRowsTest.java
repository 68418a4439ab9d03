package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
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
import dev.closecrm.reactor.Insides;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
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
        assertTransport(Small.delete(client), Phase.CONNECT, false, Delivery.NOT_SENT, 4);
    }

    @ParameterizedTest
    @EnumSource
    void row02_whenTheServiceComesUpAtTheThirdAttemptTheContactIsDeleted(Over over) throws Exception {
        int port = freePort();
        AtomicInteger attempts = new AtomicInteger();
        List<CloseCrmSandbox> up = new ArrayList<>();
        CloseCrmSandbox.Builder service =
                CloseCrmSandbox.builder().apiKey(Watch.KEY).contacts(1).port(port);
        CountDownLatch thirdAttempt = new CountDownLatch(3);
        CloseCrmClient client = Small.client(Small.builder(URI.create("http://127.0.0.1:" + port))
                .connections(Small.connections().protocol(over.protocol()).build())
                // A wait in which the service can be started, and a sign that it is time to.
                .retry(Small.retry()
                        .transportBackoff(Duration.ofSeconds(1), Duration.ofSeconds(5))
                        .maxAttempts(50)
                        .build())
                .httpClient(http -> http.doOnConnect(config -> {
                    attempts.incrementAndGet();
                    thirdAttempt.countDown();
                })));
        Thread starter = new Thread(() -> {
            try {
                if (thirdAttempt.await(20, TimeUnit.SECONDS)) {
                    up.add((over == Over.HTTP_2 ? service.http2() : service).start());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        starter.start();
        // The sandbox is not there yet, but the ids of a seed are always the same.
        ContactId id;
        try (CloseCrmSandbox same = CloseCrmSandbox.start(1)) {
            id = Small.first(same);
        }
        DeleteResult<ContactId> result = Small.delete(client, id);
        starter.join();
        try (CloseCrmSandbox sandbox = up.get(0)) {
            assertThat(result.outcome()).isEqualTo(CONFIRMED);
            assertThat(result.attempts()).isEqualTo(attempts.get()).isGreaterThanOrEqualTo(3);
            assertThat(sandbox.ledger().requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row03_aConnectionThatNeverOpensTimesOutAtEachAttempt(Over over) throws Exception {
        try (BlackHole hole = BlackHole.open()) {
            CloseCrmClient client = Small.client(hole.baseUrl(), over, Small::hasty);
            DeleteResult<ContactId> result = Small.delete(client);
            assertTransport(result, Phase.CONNECT, true, Delivery.NOT_SENT, 4);
            assertThat(result.elapsed()).isLessThan(Duration.ofSeconds(60).dividedBy(20));
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
            assertThat(sandbox.ledger().requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row08_aResetEachTimeLeavesTheContactInDoubt(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.resetAfter());
            assertTransport(Small.delete(client, Small.first(sandbox)), Phase.EXCHANGE, false, Delivery.UNKNOWN, 4);
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
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over, Small::hasty);
            sandbox.faults().every(1, Fault.silent());
            assertTransport(Small.delete(client, Small.first(sandbox)), Phase.EXCHANGE, true, Delivery.UNKNOWN, 4);
            assertThat(sandbox.ledger().requests()).isEqualTo(4);
            Eventually.is(
                    "the exchanges are closed",
                    Small.LIMIT,
                    () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @Test
    @Row(runs = "HTTP/1.1; over HTTP/2 a connection that is closed by halves is closed, which row 40 has")
    void row10_aServiceThatEndsItsSideIsAskedAgain() throws Exception {
        RawServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.socket().shutdownOutput();
            } else {
                wire.write(Answers.OK);
            }
        };
        try (RawServer server = RawServer.plain(script)) {
            DeleteResult<ContactId> result = Small.delete(Small.client(server.baseUrl(), Over.HTTP_1_1));
            assertThat(result.outcome()).isEqualTo(CONFIRMED);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row11_whenAllPermitsHangTheNextCallWaitsAtTheGateForItsOwnTime(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 33)) {
            sandbox.faults().every(1, Fault.silent());
            CloseCrmClient client = Small.client(Small.builder(sandbox.baseUrl())
                    .connections(Small.connections().protocol(over.protocol()).build())
                    .retry(Small.retry().callTimeout(Duration.ofMillis(300)).build()));
            var hanging = client.deleteContacts(
                            Flux.fromIterable(sandbox.contactIds()).take(32))
                    .subscribe();
            Eventually.is("32 hang", Small.LIMIT, () -> sandbox.ledger().inFlight() == 32);

            CallException error = (CallException) Small.error(Small.delete(client, id(sandbox, 32)));
            assertThat(error)
                    .isInstanceOfSatisfying(
                            CallTimeoutException.class,
                            late -> assertThat(late.phase()).isEqualTo(CallTimeoutException.Phase.PERMIT));
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
            CloseCrmClient client = Small.client(Small.builder(sandbox.baseUrl())
                    .connections(Small.connections().protocol(over.protocol()).build())
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
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.connectionClose());
            List<DeleteResult<ContactId>> results = Flux.fromIterable(sandbox.contactIds())
                    .concatMap(id -> client.tryDeleteContact(ContactId.of(id)))
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results).hasSize(20).allSatisfy(result -> {
                assertThat(result.outcome()).isEqualTo(CONFIRMED);
                assertThat(sandbox.ledger().entry(result.item().value()).requests())
                        .isEqualTo(1);
            });
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(20);
        }
    }

    @Test
    @Row(runs = "HTTP/1.1; over HTTP/2 this is GOAWAY, which NginxIT has")
    void row14_aConnectionThatIsGoodForAHundredRequestsCostsNoContact() throws Exception {
        int[] perConnection = new int[10_000];
        RawServer.Script script = (request, wire) -> {
            wire.write(Answers.OK);
            if (++perConnection[request.connection()] == 100) {
                // Without a word before, which is ruder than most.
                wire.socket().close();
            }
        };
        try (RawServer server = RawServer.plain(script)) {
            CloseCrmClient client =
                    Small.client(server.baseUrl(), Over.HTTP_1_1, connections -> connections.maxConnections(4));
            List<DeleteResult<String>> results = client.deleteContacts(
                            Flux.range(0, 1_000).map(i -> "cont_" + i))
                    .collectList()
                    .block(Small.LIMIT);
            assertThat(results)
                    .hasSize(1_000)
                    .allSatisfy(result -> assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED));
        }
    }

    @Test
    @Row(runs = "HTTP/1.1; the pool that looks after idle connections is the same for both")
    void row15_theClientHangsUpBeforeTheServiceDoes() throws Exception {
        CountDownLatch clientHungUp = new CountDownLatch(1);
        RawServer.Script script = (request, wire) -> {
            wire.write(Answers.OK);
            if (request.number() == 0) {
                wire.socket().setSoTimeout(3_000);
                try {
                    if (wire.socket().getInputStream().read() < 0) {
                        clientHungUp.countDown();
                    }
                } catch (SocketTimeoutException serviceCutsIt) {
                    wire.socket().close();
                }
            }
        };
        try (RawServer server = RawServer.plain(script)) {
            CloseCrmClient client = Small.client(server.baseUrl(), Over.HTTP_1_1, Small::hasty);
            Small.delete(client);
            assertThat(clientHungUp.await(10, TimeUnit.SECONDS)).isTrue();
            DeleteResult<ContactId> next = Small.delete(client);
            assertThat(next.outcome()).isEqualTo(CONFIRMED);
            assertThat(next.attempts()).isEqualTo(1);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row84_thePoolsTimeLimitIsNotHeardOfOnceTheCallHasSucceeded(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 64)) {
            sandbox.faults().every(1, Fault.delay(Duration.ofMillis(100)));
            CloseCrmClient client = Small.client(
                    sandbox.baseUrl(), over, connections -> connections.acquireTimeout(Duration.ofMillis(20)));
            // Each wave takes longer than the pool's limit, so that every limit passes while something is under way.
            StepVerifier.create(client.deleteContacts(Flux.fromIterable(sandbox.contactIds()))
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

    private static void assertTransport(
            DeleteResult<ContactId> result, Phase phase, boolean timedOut, Delivery delivery, int attempts) {
        assertThat(Small.error(result)).isInstanceOfSatisfying(TransportException.class, error -> {
            assertThat(error.phase()).isEqualTo(phase);
            assertThat(error.timedOut()).isEqualTo(timedOut);
            assertThat(error.delivery()).isEqualTo(delivery);
            assertThat(error.attempts()).isEqualTo(attempts);
            assertThat(error.retryable()).isTrue();
        });
        assertThat(result.attempts()).isEqualTo(attempts);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** A port on which connections are neither accepted nor refused: its queue is full, and nobody takes from it. */
    private record BlackHole(ServerSocket listener, List<Socket> queue) implements AutoCloseable {

        private static final int MORE_THAN_FITS = 8;

        static BlackHole open() throws IOException {
            ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            List<Socket> queue = new ArrayList<>();
            for (int i = 0; i < MORE_THAN_FITS; i++) {
                Socket socket = new Socket();
                queue.add(socket);
                try {
                    socket.connect(new InetSocketAddress("127.0.0.1", listener.getLocalPort()), 100);
                } catch (SocketTimeoutException full) {
                    return new BlackHole(listener, queue);
                }
            }
            throw new IOException("the queue of a port does not fill up here");
        }

        URI baseUrl() {
            return URI.create("http://127.0.0.1:" + listener.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (Socket socket : queue) {
                socket.close();
            }
        }
    }
}
