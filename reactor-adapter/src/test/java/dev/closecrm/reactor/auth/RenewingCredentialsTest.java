package dev.closecrm.reactor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.token.TokenAnswer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** When an access token is renewed, and for whom; in virtual time. */
class RenewingCredentialsTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration ALMOST_DUE = HOUR.minusSeconds(60).minusMillis(1);
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final ScriptedEndpoint endpoint = new ScriptedEndpoint();
    private final List<String> saved = new ArrayList<>();
    private RenewingCredentials source = source(UnaryOperator.identity());

    @Test
    void nothingIsAskedBeforeSomebodyNeedsIt() {
        source.current();
        source.afterRefusal(token("a1"));
        timer.advanceTimeBy(HOUR);
        assertThat(endpoint.asked()).isEmpty();
    }

    @Test
    void theFirstCallAsksAndAllWhoWaitShareTheAnswer() {
        Waiter one = new Waiter(source.current());
        Waiter two = new Waiter(source.current());
        assertThat(one.told()).isEqualTo("waits");
        endpoint.grants("a1", HOUR, null);
        assertThat(one.told()).isEqualTo("a1");
        assertThat(two.told()).isEqualTo("a1");
        assertThat(endpoint.asked()).containsExactly("r1");
    }

    @Test
    void aTokenIsUsedUntilItsEndIsNear() {
        begin("a1");
        timer.advanceTimeBy(ALMOST_DUE);
        assertThat(current()).isEqualTo("a1");
        assertThat(endpoint.asked()).hasSize(1);
    }

    @Test
    void aheadOfItsEndItIsRenewedInTheBackgroundAndNobodyWaits() {
        begin("a1");
        timer.advanceTimeBy(ALMOST_DUE.plus(MILLI));
        assertThat(current()).isEqualTo("a1");
        assertThat(endpoint.asked()).hasSize(2);
        assertThat(current()).isEqualTo("a1");
        assertThat(endpoint.asked()).hasSize(2);
        endpoint.grants("a2", HOUR, null);
        assertThat(current()).isEqualTo("a2");
    }

    @Test
    void anExpiredTokenIsNotUsed() {
        begin("a1");
        timer.advanceTimeBy(HOUR);
        Waiter waiter = new Waiter(source.current());
        assertThat(waiter.told()).isEqualTo("waits");
        endpoint.grants("a2", HOUR, null);
        assertThat(waiter.told()).isEqualTo("a2");
    }

    @Test
    void theLifeOfATokenBeginsWhenItIsAskedFor() {
        Waiter waiter = new Waiter(source.current());
        timer.advanceTimeBy(Duration.ofSeconds(9));
        endpoint.grants("a1", HOUR, null);
        assertThat(waiter.told()).isEqualTo("a1");
        timer.advanceTimeBy(HOUR.minusSeconds(9));
        assertThat(current()).isEqualTo("waits");
    }

    @Test
    void aTokenWithoutAnEndIsUsedUntilItIsRefused() {
        new Waiter(source.current());
        endpoint.grants("a1", null, null);
        timer.advanceTimeBy(Duration.ofDays(365));
        assertThat(current()).isEqualTo("a1");
        assertThat(refused("a1").told()).isEqualTo("waits");
    }

    @Test
    void aRefusedTokenIsRenewedOnceAndOfferedToNobodyElse() {
        begin("a1");
        Waiter one = refused("a1");
        Waiter two = refused("a1");
        Waiter other = new Waiter(source.current());
        assertThat(List.of(one.told(), two.told(), other.told())).containsOnly("waits");
        endpoint.grants("a2", HOUR, null);
        assertThat(List.of(one.told(), two.told(), other.told())).containsOnly("a2");
        assertThat(endpoint.asked()).hasSize(2);
    }

    @Test
    void aLateRefusalOfAnOlderTokenGetsTheNewerAtOnce() {
        begin("a1");
        refused("a1");
        endpoint.grants("a2", HOUR, null);
        timer.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(refused("a1").told()).isEqualTo("a2");
        assertThat(current()).isEqualTo("a2");
        assertThat(endpoint.asked()).hasSize(2);
    }

    @Test
    void aRefusalDuringARenewalWaitsForThatOne() {
        begin("a1");
        timer.advanceTimeBy(ALMOST_DUE.plus(MILLI));
        assertThat(current()).isEqualTo("a1");
        Waiter waiter = refused("a1");
        endpoint.grants("a2", HOUR, null);
        assertThat(waiter.told()).isEqualTo("a2");
        assertThat(endpoint.asked()).hasSize(2);
    }

    @Test
    void aTokenRefusedAsSoonAsItIsIssuedIsNotRenewed() {
        begin("a1");
        refused("a1");
        endpoint.grants("a2", HOUR, null);
        assertThat(refused("a2").told()).isEqualTo("empty");
        assertThat(current()).isEqualTo("a2");
        assertThat(endpoint.asked()).hasSize(2);

        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF);
        assertThat(refused("a2").told()).isEqualTo("waits");
        assertThat(endpoint.asked()).hasSize(3);
    }

    @Test
    void theSameTokenOnceMoreIsNoHelp() {
        begin("a1");
        Waiter waiter = refused("a1");
        endpoint.grants("a1", HOUR, null);
        assertThat(waiter.told()).isEqualTo("empty");
    }

    @Test
    void aFailureFailsAllWhoWaitAndIsNotRepeatedAtOnce() {
        Waiter one = new Waiter(source.current());
        Waiter two = new Waiter(source.current());
        endpoint.denies("503", true);
        assertThat(one.error().detail()).isEqualTo("503");
        assertThat(one.error().retryable()).isTrue();
        assertThat(two.error()).isSameAs(one.error());

        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF.minus(MILLI));
        assertThat(new Waiter(source.current()).error()).isSameAs(one.error());
        assertThat(endpoint.asked()).hasSize(1);

        timer.advanceTimeBy(MILLI);
        Waiter three = new Waiter(source.current());
        assertThat(endpoint.asked()).hasSize(2);
        endpoint.grants("a1", HOUR, null);
        assertThat(three.told()).isEqualTo("a1");
    }

    @Test
    void aRefusalForGoodIsRememberedLonger() {
        Waiter waiter = new Waiter(source.current());
        endpoint.denies("invalid_grant", false);
        assertThat(waiter.error().retryable()).isFalse();
        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF_REFUSED.minus(MILLI));
        assertThat(new Waiter(source.current()).error()).isSameAs(waiter.error());
        timer.advanceTimeBy(MILLI);
        assertThat(current()).isEqualTo("waits");
        assertThat(endpoint.asked()).hasSize(2);
    }

    @Test
    void anEndpointMayAskForALongerPauseButNotForAShorterOne() {
        new Waiter(source.current());
        endpoint.answers(new TokenAnswer.Denied("429", true, Duration.ofSeconds(7), null));
        timer.advanceTimeBy(Duration.ofSeconds(7).minus(MILLI));
        assertThat(new Waiter(source.current()).error().detail()).isEqualTo("429");
        timer.advanceTimeBy(MILLI);
        assertThat(current()).isEqualTo("waits");
        endpoint.answers(new TokenAnswer.Denied("429", true, Duration.ZERO, null));
        assertThat(new Waiter(source.current()).error().detail()).isEqualTo("429");
        assertThat(endpoint.asked()).hasSize(2);
    }

    @Test
    void aFailureAheadOfTheEndIsTriedAgainAndTheOldTokenIsUsedMeanwhile() {
        begin("a1");
        timer.advanceTimeBy(ALMOST_DUE.plus(MILLI));
        assertThat(current()).isEqualTo("a1");
        endpoint.denies("503", true);
        assertThat(current()).isEqualTo("a1");
        assertThat(endpoint.asked()).hasSize(2);
        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF);
        assertThat(current()).isEqualTo("a1");
        assertThat(endpoint.asked()).hasSize(3);
        endpoint.grants("a2", HOUR, null);
        assertThat(current()).isEqualTo("a2");
    }

    @Test
    void anEndpointThatIsSilentIsGivenUp() {
        Waiter waiter = new Waiter(source.current());
        timer.advanceTimeBy(Duration.ofSeconds(10).minus(MILLI));
        assertThat(waiter.told()).isEqualTo("waits");
        timer.advanceTimeBy(MILLI);
        assertThat(waiter.error().detail()).contains("no answer within PT10S");
        assertThat(waiter.error().retryable()).isTrue();
        assertThat(endpoint.cancelled()).isTrue();
    }

    @Test
    void whoGoesAwayTakesNothingFromTheOthers() {
        Waiter one = new Waiter(source.current());
        Waiter two = new Waiter(source.current());
        one.cancel();
        endpoint.grants("a1", HOUR, null);
        assertThat(one.told()).isEqualTo("waits");
        assertThat(two.told()).isEqualTo("a1");

        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF);
        Waiter last = refused("a1");
        last.cancel();
        assertThat(endpoint.cancelled()).isFalse();
        endpoint.grants("a2", HOUR, null);
        assertThat(current()).isEqualTo("a2");
    }

    @Test
    void aRotatedRefreshTokenIsSavedBeforeAnythingIsDoneWithIt() {
        Sinks.Empty<Void> store = Sinks.empty();
        source = source(builder -> builder.tokenStore(issued -> {
            saved.add(issued.value());
            return store.asMono();
        }));
        Waiter waiter = new Waiter(source.current());
        endpoint.grants("a1", HOUR, "r2");
        assertThat(saved).containsExactly("r2");
        assertThat(waiter.told()).isEqualTo("waits");
        assertThat(current()).isEqualTo("waits");

        store.tryEmitEmpty();
        assertThat(waiter.told()).isEqualTo("a1");
        timer.advanceTimeBy(HOUR);
        current();
        assertThat(endpoint.asked()).containsExactly("r1", "r2");
    }

    @Test
    void aRefreshTokenThatStaysIsNotSavedAgain() {
        Waiter waiter = new Waiter(source.current());
        endpoint.grants("a1", HOUR, "r1");
        assertThat(waiter.told()).isEqualTo("a1");
        assertThat(saved).isEmpty();
    }

    @Test
    void whatTheStoreCouldNotSaveIsSavedAgainBeforeAnythingIsAsked() {
        source = source(builder -> builder.tokenStore(issued -> {
            saved.add(issued.value());
            return saved.size() == 1 ? Mono.error(new IOException("INSERT 'r2' failed")) : Mono.empty();
        }));
        Waiter waiter = new Waiter(source.current());
        endpoint.grants("a1", HOUR, "r2");
        assertThat(waiter.error().retryable()).isTrue();
        assertThat(waiter.error().detail()).contains("java.io.IOException").doesNotContain("r2");
        assertThat(waiter.error()).hasNoCause();

        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF);
        assertThat(current()).isEqualTo("a1");
        assertThat(saved).containsExactly("r2", "r2");
        assertThat(endpoint.asked()).containsExactly("r1");
    }

    @Test
    void aTokenThatExpiredWhileTheStoreWasDownIsRenewedWithTheRefreshTokenThatCameWithIt() {
        source = source(builder -> builder.tokenStore(issued -> {
            saved.add(issued.value());
            return saved.size() == 1 ? Mono.error(new IOException("disk full")) : Mono.empty();
        }));
        new Waiter(source.current());
        endpoint.grants("a1", HOUR, "r2");
        timer.advanceTimeBy(HOUR);
        Waiter waiter = new Waiter(source.current());
        assertThat(saved).containsExactly("r2", "r2");
        assertThat(endpoint.asked()).containsExactly("r1", "r2");
        endpoint.grants("a2", HOUR, null);
        assertThat(waiter.told()).isEqualTo("a2");
    }

    @Test
    void aStoreThatThrowsOrReturnsNothingOrHangsFailsTheRenewal() {
        List<TokenStore> stores = List.of(
                issued -> {
                    throw new IllegalStateException(issued.value());
                },
                issued -> null,
                issued -> Mono.never());
        for (TokenStore store : stores) {
            source = source(builder -> builder.tokenStore(store));
            Waiter waiter = new Waiter(source.current());
            endpoint.grants("a1", HOUR, "r2");
            timer.advanceTimeBy(Duration.ofSeconds(10));
            assertThat(waiter.error().detail()).contains("the token store").doesNotContain("r2");
            assertThat(waiter.error().retryable()).isTrue();
        }
    }

    @Test
    void whatNobodyForesawIsNotQuoted() {
        Waiter waiter = new Waiter(source.current());
        endpoint.breaks(new IllegalStateException("r1 is broken"));
        assertThat(waiter.error().detail()).isEqualTo("it failed with java.lang.IllegalStateException");
        assertThat(waiter.error()).hasNoCause();
    }

    @Test
    void aTokenThatWasBroughtAlongIsUsedUntilItsEnd() {
        source = source(builder -> builder.accessToken("a0", NOON.plusSeconds(600)));
        assertThat(current()).isEqualTo("a0");
        timer.advanceTimeBy(Duration.ofSeconds(539));
        assertThat(current()).isEqualTo("a0");
        assertThat(endpoint.asked()).isEmpty();
        timer.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(current()).isEqualTo("a0");
        assertThat(endpoint.asked()).hasSize(1);
        timer.advanceTimeBy(Duration.ofSeconds(60));
        assertThat(current()).isNotEqualTo("a0");
    }

    @Test
    void aTokenThatWasBroughtAlongTooLateIsNotUsed() {
        source = source(builder -> builder.accessToken("a0", NOON.minusSeconds(1)));
        assertThat(current()).isEqualTo("waits");
        source = source(builder -> builder.accessToken("a0", Instant.MAX));
        assertThat(current()).isEqualTo("a0");
    }

    @Test
    void aTokenThatWasBroughtAlongIsRenewedHoweverSoonItIsRefused() {
        source = source(builder -> builder.accessToken("a0"));
        assertThat(current()).isEqualTo("a0");
        assertThat(refused("a0").told()).isEqualTo("waits");
        endpoint.grants("a1", HOUR, null);
        assertThat(current()).isEqualTo("a1");
    }

    @Test
    void settledWaitsForTheRenewalUnderWayHoweverItEnds() {
        Waiter idle = new Waiter(source.settled().then(Mono.empty()));
        assertThat(idle.told()).isEqualTo("empty");
        new Waiter(source.current());
        Waiter waiter = new Waiter(source.settled().then(Mono.empty()));
        assertThat(waiter.told()).isEqualTo("waits");
        endpoint.denies("503", true);
        assertThat(waiter.told()).isEqualTo("empty");
        source.disposeLater().block(Duration.ofSeconds(1));
        assertThat(endpoint.disposed()).isTrue();
    }

    @Test
    void fixedCredentialsAreAConstant() {
        CredentialsSource fixed = CredentialsSource.fixed(token("a1"));
        assertThat(fixed.ready()).isEqualTo(token("a1"));
        assertThat(new Waiter(fixed.current()).told()).isEqualTo("a1");
        assertThat(new Waiter(fixed.afterRefusal(token("a1"))).told()).isEqualTo("empty");
        assertThat(fixed.toString()).doesNotContain("a1");
    }

    /** Has a token issued that is good for an hour from now, and old enough to be renewed if it is refused. */
    private void begin(String token) {
        new Waiter(source.current());
        endpoint.grants(token, HOUR.plus(RenewingCredentials.HOLD_OFF), null);
        timer.advanceTimeBy(RenewingCredentials.HOLD_OFF);
    }

    private String current() {
        return new Waiter(source.current()).told();
    }

    private Waiter refused(String token) {
        return new Waiter(source.afterRefusal(token(token)));
    }

    private RenewingCredentials source(UnaryOperator<OAuth2Credentials.Builder> with) {
        OAuth2Credentials.Builder builder = OAuth2Credentials.builder()
                .clientId("client")
                .clientSecret("secret")
                .refreshToken("r1")
                .tokenStore(issued -> Mono.fromRunnable(() -> saved.add(issued.value())));
        return new RenewingCredentials(
                with.apply(builder).build(),
                endpoint,
                timer,
                () -> timer.now(TimeUnit.NANOSECONDS),
                () -> NOON,
                () -> 0);
    }

    private static Credentials token(String token) {
        return Credentials.accessToken(token);
    }

    /** Somebody who waits for credentials, and what it was told. */
    private static final class Waiter {

        private @Nullable Credentials got;
        private @Nullable Throwable failed;
        private boolean completed;
        private final Disposable subscription;

        Waiter(Mono<Credentials> credentials) {
            this.subscription = credentials.subscribe(c -> got = c, e -> failed = e, () -> completed = true);
        }

        String told() {
            if (got != null) {
                return got.authorization().substring("Bearer ".length());
            }
            return failed != null ? "failed: " + failed : completed ? "empty" : "waits";
        }

        RenewalException error() {
            assertThat(failed).isInstanceOf(RenewalException.class);
            return (RenewalException) failed;
        }

        void cancel() {
            subscription.dispose();
        }
    }
}
