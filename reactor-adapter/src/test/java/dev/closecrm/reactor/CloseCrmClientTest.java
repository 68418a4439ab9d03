package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.ClientDisposedException;
import dev.closecrm.core.error.ContactNotFoundException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** What the client promises, against the sandbox. */
class CloseCrmClientTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private CloseCrmSandbox sandbox;
    private CloseCrmClient client;
    private String id;

    @BeforeEach
    void start() {
        sandbox = CloseCrmSandbox.start(10);
        client = client(sandbox.apiKey());
        id = sandbox.contactIds().get(0);
    }

    @AfterEach
    void stop() {
        client.close();
        sandbox.close();
    }

    @Test
    void aContactThatExistsIsDeleted() {
        StepVerifier.create(client.deleteContact(id)).expectComplete().verify(LIMIT);
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.ledger().entry(id).deletes()).isEqualTo(1);
    }

    @Test
    void aContactThatDoesNotExistIsAnError() {
        StepVerifier.create(client.deleteContact("cont_nobody"))
                .expectErrorSatisfies(e -> assertThat(e)
                        .isInstanceOfSatisfying(ContactNotFoundException.class, notFound -> {
                            assertThat(notFound.status()).isEqualTo(404);
                            assertThat(notFound.delivery()).isEqualTo(Delivery.NOT_APPLIED);
                            assertThat(notFound.contactId()).isEqualTo("cont_nobody");
                            assertThat(notFound.messages()).isNotEmpty();
                            assertThat(notFound.requestId()).isNotBlank();
                        }))
                .verify(LIMIT);
    }

    @Test
    void ifExistsTellsWhetherItWasThere() {
        StepVerifier.create(client.deleteContactIfExists(id))
                .expectNext(true)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(client.deleteContactIfExists(ContactId.of(id)))
                .expectNext(false)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void tryingTellsHowItEndedAndNeverFails() {
        DeleteResult<ContactId> deleted =
                client.tryDeleteContact(ContactId.of(id)).block(LIMIT);
        assertThat(deleted.outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.attempts()).isEqualTo(1);
        assertThat(deleted.index()).isZero();
        assertThat(deleted.elapsed()).isPositive();

        DeleteResult<ContactId> refused =
                client("api_wrong").tryDeleteContact(ContactId.of(id)).block(LIMIT);
        assertThat(((DeleteOutcome.Failed) refused.outcome()).error()).isInstanceOf(UnauthorizedException.class);
        assertThat(refused.status()).isEqualTo(401);
    }

    @Test
    void anAccessTokenIsABearerToken() {
        try (CloseCrmSandbox other = CloseCrmSandbox.builder()
                        .contacts(1)
                        .accessToken("token")
                        .start();
                CloseCrmClient bearer = CloseCrmClient.builder()
                        .credentials(Credentials.accessToken("token"))
                        .baseUrl(other.baseUrl())
                        .build()) {
            StepVerifier.create(bearer.deleteContact(other.contactIds().get(0)))
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    @Test
    void callingAMethodDoesNothing() {
        client.deleteContact(id);
        client.deleteContactIfExists(id);
        client.tryDeleteContact(ContactId.of(id));
        client.deleteContacts(Flux.fromIterable(sandbox.contactIds()));
        client.disposeLater();
        assertThat(client.isDisposed()).isFalse();
        assertThat(sandbox.ledger().connections()).isZero();
    }

    @Test
    void eachSubscriptionIsACallOfItsOwn() {
        Mono<Boolean> call = client.deleteContactIfExists(id);
        assertThat(call.block(LIMIT)).isTrue();
        assertThat(call.block(LIMIT)).isFalse();
        assertThat(sandbox.ledger().entry(id).requests()).isEqualTo(2);
    }

    @Test
    void whatIsNoContactIdNeverLeaves() {
        for (String text :
                List.of("", "../lead/lead_1", "a?b", "cont_a#b", "cont_%2e", "cont_a\r\nX: y", "x".repeat(10_240))) {
            StepVerifier.create(client.deleteContact(text))
                    .expectError(InvalidContactIdException.class)
                    .verify(LIMIT);
            StepVerifier.create(client.deleteContactIfExists(text))
                    .expectError(InvalidContactIdException.class)
                    .verify(LIMIT);
        }
        assertThat(sandbox.ledger().requests()).isZero();
    }

    @Test
    void nullIsAMistakeInTheProgram() {
        assertThatNullPointerException().isThrownBy(() -> client.deleteContact((String) null));
        assertThatNullPointerException().isThrownBy(() -> client.deleteContact((ContactId) null));
        assertThatNullPointerException().isThrownBy(() -> client.deleteContactIfExists((String) null));
        assertThatNullPointerException().isThrownBy(() -> client.tryDeleteContact(null));
        assertThatNullPointerException().isThrownBy(() -> client.deleteContacts(null));
    }

    @Test
    void aClientWithoutCredentialsOrWithAStrangeBaseUrlIsNotBuilt() {
        assertThatIllegalStateException()
                .isThrownBy(() -> CloseCrmClient.builder().build())
                .withMessageContaining("credentials");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("k"))
                        .baseUrl(URI.create("http://api.close.com"))
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloseCrmClient.builder().userAgentSuffix("a\r\nX: y"));
    }

    @Test
    void noMoreCallsAreInFlightThanThereAreConnections() {
        List<String> ids =
                IntStream.range(0, 300).mapToObj(i -> sandbox.addContact()).toList();
        try (CloseCrmClient small = client(
                sandbox.apiKey(), ConnectionOptions.builder().maxConnections(3).build())) {
            Flux.fromIterable(ids).flatMap(small::deleteContact, 300).blockLast(LIMIT);
        }
        assertThat(sandbox.ledger().peakInFlight()).isLessThanOrEqualTo(3);
        assertThat(sandbox.ledger().peakConnections()).isLessThanOrEqualTo(3);
        assertThat(ids).noneMatch(sandbox::contains);
    }

    @Test
    void tooManyWaitingCallsFailAtOnceAndSayWhatToDo() {
        sandbox.faults().every(1, Fault.silent());
        ConnectionOptions tight = ConnectionOptions.builder()
                .maxConnections(1)
                .maxWaitingCalls(1)
                .disposeTimeout(Duration.ofMillis(1))
                .build();
        try (CloseCrmClient small = client(sandbox.apiKey(), tight)) {
            var inFlight = small.deleteContact(id).subscribe(v -> {}, e -> {});
            var waiting = small.deleteContact(id).subscribe(v -> {}, e -> {});
            StepVerifier.create(small.deleteContact(id))
                    .expectErrorSatisfies(e -> assertThat(e)
                            .isInstanceOfSatisfying(TransportException.class, full -> {
                                assertThat(full.phase()).isEqualTo(TransportException.Phase.POOL);
                                assertThat(full.delivery()).isEqualTo(Delivery.NOT_SENT);
                                assertThat(full.attempts()).isZero();
                            })
                            .hasMessageContaining("deleteContacts"))
                    .verify(LIMIT);
            waiting.dispose();
            inFlight.dispose();
        }
    }

    /** The whole under stress. The rule that keeps it so is shown, without chance, by {@code OneExchangeTest}. */
    @Test
    void cancellingSomeCallsDoesNotHarmTheOthers() {
        long seed = Long.getLong("closecrm.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<ContactId> ids = IntStream.range(0, 4_000)
                .mapToObj(i -> ContactId.of(sandbox.addContact()))
                .toList();
        List<DeleteOutcome> ended = Flux.fromIterable(ids)
                .flatMap(
                        contact -> {
                            Mono<DeleteResult<ContactId>> call = client.tryDeleteContact(contact);
                            // Given up from another thread, at about the time at which an answer comes.
                            return random.nextBoolean()
                                    ? call.takeUntilOther(Mono.delay(Duration.ofNanos(random.nextInt(4_000_000))))
                                            .then(Mono.<DeleteOutcome>empty())
                                    : call.map(DeleteResult::outcome);
                        },
                        64)
                .collectList()
                .block(LIMIT);
        assertThat(ended).hasSizeGreaterThan(1_000).containsOnly(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
    }

    @Test
    void aDisposedClientRefusesCalls() {
        client.deleteContact(id).block(LIMIT);
        StepVerifier.create(client.disposeLater()).expectComplete().verify(LIMIT);
        StepVerifier.create(client.disposeLater()).expectComplete().verify(LIMIT);
        client.dispose();
        client.close();

        assertThat(client.isDisposed()).isTrue();
        StepVerifier.create(client.deleteContact(id))
                .expectError(ClientDisposedException.class)
                .verify(LIMIT);
        assertThat(client.tryDeleteContact(ContactId.of(id)).block(LIMIT).outcome())
                .isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
        assertThat(sandbox.ledger().entry(id).requests()).isEqualTo(1);
    }

    @Test
    void aGracefulEndLetsCallsInFlightFinishAndTurnsAwayThoseThatWait() {
        sandbox.faults().every(1, Fault.delay(Duration.ofMillis(300)));
        try (CloseCrmClient one = client(
                sandbox.apiKey(), ConnectionOptions.builder().maxConnections(1).build())) {
            Mono<Void> inFlight = one.deleteContact(id).cache();
            Mono<Void> waiting = one.deleteContact(sandbox.contactIds().get(1)).cache();
            inFlight.subscribe();
            waiting.subscribe(v -> {}, e -> {});

            StepVerifier.create(one.disposeLater()).expectComplete().verify(LIMIT);

            StepVerifier.create(inFlight).expectComplete().verify(LIMIT);
            StepVerifier.create(waiting)
                    .expectError(ClientDisposedException.class)
                    .verify(LIMIT);
        }
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.ledger().requests()).isEqualTo(1);
    }

    @Test
    void anAbruptEndSaysThatACallInFlightMayHaveActed() {
        sandbox.faults().every(1, Fault.silent());
        Mono<DeleteResult<ContactId>> call =
                client.tryDeleteContact(ContactId.of(id)).cache();
        call.subscribe();
        spinUntilRequests(1);

        client.dispose();

        // Well before the time limit for answers, which would end the call as well.
        DeleteOutcome outcome = call.block(Duration.ofSeconds(5)).outcome();
        assertThat(((TransportException) ((DeleteOutcome.Failed) outcome).error()).delivery())
                .isEqualTo(Delivery.UNKNOWN);
    }

    @Test
    void closingOnANonBlockingThreadOnlyStarts() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        Schedulers.parallel().schedule(() -> {
            client.close();
            closed.countDown();
        });
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(client.isDisposed()).isTrue();
        client.disposeLater().block(LIMIT);
    }

    @Test
    void theContextOfTheCallerIsStillThereAfterwards() {
        StepVerifier.create(client.deleteContact(id)
                        .then(Mono.deferContextual(context -> Mono.just(context.<String>get("trace"))))
                        .contextWrite(context -> context.put("trace", "t-1")))
                .expectNext("t-1")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void theClientPrintsWhereItPointsAndNoSecret() {
        assertThat(client).hasToString("CloseCrmClient[" + sandbox.baseUrl() + "/api/v1/contact/]");
    }

    private void spinUntilRequests(long n) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (sandbox.ledger().requests() < n && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(sandbox.ledger().requests()).isEqualTo(n);
    }

    private CloseCrmClient client(String key) {
        return client(key, ConnectionOptions.defaults());
    }

    private CloseCrmClient client(String key, ConnectionOptions connections) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(key))
                .baseUrl(sandbox.baseUrl())
                .connections(connections)
                .build();
    }
}
