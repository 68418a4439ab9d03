package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.RateLimitedException;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.TokenRefreshException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.RenewalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The loop of a call, in virtual time. */
class DeleteCallTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private VirtualCalls calls;

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(calls.gate.inFlight()).isZero();
        assertThat(calls.gate.waiting()).isZero();
        assertThat(calls.gate.resting()).isZero();
        assertThat(calls.gate.sleeping()).isZero();
    }

    @Test
    void aCallThatSucceedsWaitsForNothing() {
        calls = VirtualCalls.answering("ok");
        Ended ended = calls.begin("cont_a").ended();
        assertThat(ended.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(ended.result().attempts()).isEqualTo(1);
        assertThat(calls.sent).hasSize(1);
    }

    @Test
    void eachWaitIsOnTheTimerAndGivesThePermitBack() {
        calls = VirtualCalls.answering("fault", "503", "ok");
        Ending ending = calls.begin("cont_a");
        assertThat(calls.gate.inFlight()).isZero();
        assertThat(calls.gate.resting()).isEqualTo(1);
        calls.time.advanceTimeBy(Duration.ofMillis(99));
        assertThat(calls.sent).hasSize(1);
        calls.time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(calls.sent).hasSize(2);
        calls.time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(ending.ended().result().attempts()).isEqualTo(3);
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(ending.ended().elapsed()).isBetween(Duration.ofMillis(2_090), Duration.ofMillis(2_100));
    }

    @Test
    void aContactThatIsMissingAfterALostAnswerWasDeletedByUs() {
        calls = VirtualCalls.answering("fault", "404");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(SECOND);
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.INFERRED));
        assertThat(ending.ended().result().status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({"refused", "unseen", "429"})
    void aContactThatIsMissingAfterAnAttemptThatDidNothingWasNotThere(String first) {
        calls = VirtualCalls.answering(first, "404");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(3));
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.NotFound());
        assertThat(ending.ended().error()).isInstanceOfSatisfying(CallException.class, error -> {
            assertThat(error.attempts()).isEqualTo(2);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_APPLIED);
        });
    }

    @Test
    void whatWasNotProcessedIsAskedAgainAtOnce() {
        calls = VirtualCalls.answering("unseen", "ok");
        assertThat(calls.begin("cont_a").ended().result().attempts()).isEqualTo(2);
        assertThat(calls.budget.tokens()).isEqualTo(500);
    }

    @Test
    void afterTheLastAttemptTheCallFailsWithAllThatItMayHaveDone() {
        calls = VirtualCalls.answering("fault", "refused", "refused", "refused", "ok");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(20));
        assertThat(calls.sent).hasSize(4);
        assertThat(ending.error()).isInstanceOfSatisfying(TransportException.class, error -> {
            assertThat(error.phase()).isEqualTo(TransportException.Phase.CONNECT);
            assertThat(error.attempts()).isEqualTo(4);
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(error.retryable()).isTrue();
        });
    }

    @Test
    void aRetryIsPaidForAndARefusalIsNot() {
        calls = VirtualCalls.answering("429", "503", "503", "ok");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofMillis(2_200));
        assertThat(calls.budget.tokens()).isEqualTo(486);
        calls.time.advanceTimeBy(SECOND);
        assertThat(calls.budget.tokens()).isEqualTo(472);
        calls.time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(ending.over()).isTrue();
        assertThat(calls.budget.tokens()).isEqualTo(487);
    }

    @Test
    void whatCannotBePaidForIsNotTriedAgain() {
        calls = new VirtualCalls(RetryOptions.builder().budget(14, 14).build(), 32, number -> "503");
        Ending first = calls.begin("cont_a");
        Ending second = calls.begin("cont_b");
        assertThat(second.error()).isInstanceOf(ServerErrorException.class).hasMessageContaining("1 attempt");
        calls.time.advanceTimeBy(SECOND);
        assertThat(first.error()).hasMessageContaining("2 attempts");
    }

    @Test
    void aCallThatMayStillPayComesBeforeNewcomersWhenItGoesOn() {
        calls = new VirtualCalls(RetryOptions.defaults(), 1, number -> number == 1 ? "503" : "ok");
        calls.latency = Duration.ofMillis(600);
        Ending first = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofMillis(600));
        List<Ending> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            others.add(calls.begin("cont_" + i));
        }
        calls.time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(first.over()).isTrue();
        assertThat(others).allMatch(Ending::over);
        // After the wait of a second, in which one newcomer was served and another begun, it is first in the line.
        assertThat(calls.sent)
                .extracting(VirtualCalls.Sent::id)
                .containsExactly("cont_a", "cont_0", "cont_1", "cont_a", "cont_2");
    }

    @Test
    void aServerThatAsksForTooLongAWaitEndsTheCallAtOnceWithWhatItAsked() {
        calls = VirtualCalls.answering("503:9999");
        assertThat(calls.begin("cont_a").error())
                .isInstanceOfSatisfying(
                        ServerErrorException.class,
                        error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(9999)));
        calls = VirtualCalls.answering("429:86400");
        assertThat(calls.begin("cont_a").error())
                .isInstanceOfSatisfying(
                        RateLimitedException.class,
                        error -> assertThat(error.retryAfter()).contains(Duration.ofDays(1)));
        assertThat(calls.sent).hasSize(1);
    }

    @Test
    void aWaitThatDoesNotFitIntoTheCallIsNotWaited() {
        calls = VirtualCalls.answering("503:100");
        assertThat(calls.begin("cont_a").error()).isInstanceOfSatisfying(CallTimeoutException.class, error -> {
            assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.BACKOFF);
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(error).hasCauseInstanceOf(ServerErrorException.class).hasMessageContaining("PT1M30S");
        });
    }

    @Test
    void anAttemptGetsNoMoreTimeThanTheCallHasLeft() {
        calls = new VirtualCalls(
                RetryOptions.builder().callTimeout(Duration.ofSeconds(20)).build(), 32, number -> "silent");
        calls.random = 0.5;
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(20));
        assertThat(calls.sent)
                .extracting(VirtualCalls.Sent::limit)
                .containsExactly(Duration.ofSeconds(15), Duration.ofMillis(4_950));
        assertThat(ending.error()).isInstanceOfSatisfying(CallTimeoutException.class, error -> {
            assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.ATTEMPT);
            assertThat(error.attempts()).isEqualTo(2);
            assertThat(error).hasCauseInstanceOf(TransportException.class);
        });
    }

    @Test
    void waitingForATurnHasALimitToo() {
        calls = new VirtualCalls(
                RetryOptions.builder().callTimeout(Duration.ofSeconds(10)).build(), 1, number -> "silent");
        Ending inFlight = calls.begin("cont_a");
        Ending waiting = calls.begin("cont_b");
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(inFlight.over()).isTrue();
        assertThat(waiting.error()).isInstanceOfSatisfying(CallTimeoutException.class, error -> {
            assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.PERMIT);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
            assertThat(error.attempts()).isZero();
            assertThat(error).hasNoCause();
        });
        assertThat(calls.sent).hasSize(1);
    }

    @Test
    void aWaitThatDoesNotFitIsNotPaidFor() {
        calls = new VirtualCalls(RetryOptions.builder().callTimeout(SECOND).build(), 32, number -> "503:5");
        assertThat(calls.begin("cont_a").error()).isInstanceOf(CallTimeoutException.class);
        assertThat(calls.budget.tokens()).isEqualTo(500);
    }

    @Test
    void aCallWhoseTimeEndsItsLastAttemptSaysSo() {
        calls = new VirtualCalls(
                RetryOptions.builder().callTimeout(SECOND).maxAttempts(1).build(), 32, number -> "silent");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(SECOND);
        assertThat(ending.error())
                .isInstanceOfSatisfying(
                        CallTimeoutException.class,
                        error -> assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.ATTEMPT));
    }

    @Test
    void aWaitForQuotaThatDoesNotFitIsCalledSo() {
        calls = VirtualCalls.answering("429:100");
        assertThat(calls.begin("cont_a").error())
                .isInstanceOfSatisfying(
                        CallTimeoutException.class,
                        error -> assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.QUOTA));
    }

    @Test
    void cancellingDuringTheWaitSendsNothingMore() {
        calls = VirtualCalls.answering("503");
        Ending ending = calls.begin("cont_a");
        ending.subscription.dispose();
        assertThat(calls.gate.resting()).isZero();
        calls.time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(calls.sent).hasSize(1);
        assertThat(ending.over()).isFalse();
    }

    @Test
    void disposalEndsTheWaitWithWhatIsKnown() {
        calls = VirtualCalls.answering("503", "refused", "fault");
        Ending lost = calls.begin("cont_a");
        Ending harmless = calls.begin("cont_b");
        calls.gate.close();
        assertThat(lost.error()).isInstanceOf(ServerErrorException.class);
        assertThat(harmless.outcome()).isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
        calls.time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(calls.sent).hasSize(2);
    }

    @Test
    void eachSubscriptionStartsItsOwnAttempts() {
        calls = VirtualCalls.answering("fault");
        Ending first = calls.begin("cont_a");
        Ending second = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(calls.sent).hasSize(8);
        assertThat(first.ended().result().attempts()).isEqualTo(4);
        assertThat(second.ended().result().attempts()).isEqualTo(4);
    }

    @Test
    void refusedCredentialsAreReplacedOnceAndTheAttemptIsNotCharged() {
        calls = VirtualCalls.answering("401", "fault", "fault", "fault", "ok");
        calls.credentials = renewable();
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(calls.sent)
                .extracting(VirtualCalls.Sent::authorization)
                .containsExactly("Bearer old", "Bearer new", "Bearer new", "Bearer new", "Bearer new");
    }

    @Test
    void credentialsThatAreRefusedAgainEndTheCall() {
        calls = VirtualCalls.answering("401");
        calls.credentials = renewable();
        assertThat(calls.begin("cont_a").error()).isInstanceOf(UnauthorizedException.class);
        assertThat(calls.sent).hasSize(2);
    }

    @Test
    void aKeyThatIsRefusedEndsTheCall() {
        calls = VirtualCalls.answering("401");
        assertThat(calls.begin("cont_a").error()).isInstanceOf(UnauthorizedException.class);
        assertThat(calls.sent).hasSize(1);
    }

    @Test
    void waitingForAnAccessTokenIsPartOfTheCallsTime() {
        calls = VirtualCalls.answering("ok");
        calls.credentials = source(Mono.never(), Mono.empty());
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(90));
        assertThat(ending.error())
                .isInstanceOfSatisfying(
                        CallTimeoutException.class,
                        error -> assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT));
        assertThat(calls.sent).isEmpty();

        calls = VirtualCalls.answering("401");
        calls.credentials = source(Mono.just(Credentials.accessToken("old")), Mono.never());
        Ending renewing = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(90));
        assertThat(renewing.error()).isInstanceOf(CallTimeoutException.class).hasMessageContaining("1 attempt");
    }

    /** Whoever waits for the last call to end waits for the renewal, too. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whoWaitsForAnAccessTokenIsStillUnderWay(boolean afterRefusal) {
        Sinks.One<Credentials> token = Sinks.one();
        calls = VirtualCalls.answering("401");
        calls.credentials = afterRefusal
                ? source(Mono.just(Credentials.accessToken("old")), token.asMono())
                : source(token.asMono(), Mono.empty());
        Ending ending = calls.begin("cont_a");
        AtomicBoolean drained = new AtomicBoolean();
        calls.gate.drained().subscribe(never -> {}, error -> {}, () -> drained.set(true));
        calls.gate.close();
        assertThat(drained).isFalse();

        token.tryEmitValue(Credentials.accessToken("new")).orThrow();
        assertThat(drained).isTrue();
        if (afterRefusal) {
            assertThat(ending.error()).isInstanceOf(UnauthorizedException.class);
        } else {
            assertThat(ending.ended().outcome())
                    .isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
        }
        assertThat(calls.sent).hasSize(afterRefusal ? 1 : 0);
    }

    /** The next one is told in the moment in which the one before is refused. */
    @Test
    void aTokenThatIsRefusedIsSentByNoOtherCall() {
        calls = new VirtualCalls(RetryOptions.defaults(), 1, number -> number == 1 ? "401" : "ok");
        calls.latency = SECOND;
        calls.credentials = renewable();
        List<Ending> endings = List.of(calls.begin("cont_a"), calls.begin("cont_b"), calls.begin("cont_c"));
        calls.time.advanceTimeBy(SECOND.multipliedBy(5));
        assertThat(endings)
                .allSatisfy(ending -> assertThat(ending.ended().outcome())
                        .isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED)));
        assertThat(calls.sent)
                .filteredOn(sent -> sent.authorization().equals("Bearer old"))
                .hasSize(1);
    }

    /** What waits between attempts, or says that there is another, is nobody's business. */
    @Test
    void retriesDiscardNothing() {
        calls = VirtualCalls.answering("fault", "503", "unseen", "ok");
        List<Object> discarded = new ArrayList<>();
        calls.call
                .delete(ContactId.of("cont_a"))
                .doOnDiscard(Object.class, discarded::add)
                .subscribe();
        calls.time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(calls.sent).hasSize(4);
        assertThat(discarded).isEmpty();
    }

    @Test
    void aTokenThatCannotBeRenewedFailsTheCallWithAllThatItMayHaveDone() {
        RenewalException down = new RenewalException("down", true, null);
        calls = VirtualCalls.answering("fault", "401");
        calls.credentials = source(Mono.just(Credentials.accessToken("old")), Mono.error(down));
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(SECOND);
        assertThat(ending.error()).isInstanceOfSatisfying(TokenRefreshException.class, error -> {
            assertThat(error.attempts()).isEqualTo(2);
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(error.retryable()).isTrue();
        });

        calls = VirtualCalls.answering("ok");
        calls.credentials = source(Mono.error(down), Mono.empty());
        assertThat(calls.begin("cont_a").error())
                .isInstanceOfSatisfying(
                        TokenRefreshException.class,
                        error -> assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT));
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

    private static CredentialsSource renewable() {
        Credentials[] now = {Credentials.accessToken("old")};
        return new CredentialsSource() {
            @Override
            public Mono<Credentials> current() {
                return Mono.fromSupplier(() -> now[0]);
            }

            @Override
            public Mono<Credentials> afterRefusal(Credentials refused) {
                return Mono.fromSupplier(() -> now[0] = Credentials.accessToken("new"));
            }
        };
    }
}
