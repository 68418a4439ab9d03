package dev.closecrm.reactor.auth;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.token.TokenAnswer;
import dev.closecrm.core.engine.token.TokenLife;
import dev.closecrm.reactor.http.NettyTokenExchange;
import dev.closecrm.reactor.http.TokenExchange;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An access token that is renewed when it has to be, once for all calls that need it.
 *
 * <pre>
 *               ┌──────────────── renewed ────────────────┐
 *               ▼                                         │
 *   no token, expired or refused ──a call needs one──► renewing ──failed──► holding off ──time over──► (as before)
 *               ▲                                         ▲
 *               └───── time over, or refused ── valid ────┘ soon over: in the background
 * </pre>
 *
 * All of it is one immutable {@link State}, changed by compare-and-set: no lock, and who loses a race looks again. Whoever puts a
 * {@link Renewal} into the state starts it, so there is never a second one; whoever finds one there waits for it. It belongs to no
 * waiter, so cancelling one changes nothing for the others. What only the renewal under way touches ({@link #refreshToken},
 * {@link #unsaved}) passes from one renewal to the next through the state.
 *
 * <p>Three things keep the token endpoint from a storm: after a failure nothing is asked for a while and calls fail with what
 * is known; a token that is refused as soon as it is issued is not renewed, since the next would fare no better; and a token
 * once refused is offered to no other call.
 */
public final class RenewingCredentials implements CredentialsSource {

    /** How long nothing is asked after a failure that may pass; also how old a token must be to be renewed for a refusal. */
    static final Duration HOLD_OFF = Duration.ofSeconds(1);

    /** The same after a refusal for good. Not for ever: an endpoint may be wrong, too. */
    static final Duration HOLD_OFF_REFUSED = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(RenewingCredentials.class);

    private final OAuth2Credentials oauth;
    private final TokenExchange exchange;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final DoubleSupplier random;

    private final AtomicReference<State> state;

    private volatile RefreshToken refreshToken;
    private volatile @Nullable Unsaved unsaved;

    RenewingCredentials(
            OAuth2Credentials oauth,
            TokenExchange exchange,
            Scheduler timer,
            LongSupplier nanoTime,
            Supplier<Instant> wallClock,
            DoubleSupplier random) {
        this.oauth = oauth;
        this.exchange = exchange;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.random = random;
        this.refreshToken = oauth.refreshToken();
        this.state = new AtomicReference<>(new State(first(wallClock), false, null, null));
    }

    /**
     * Makes a source; connects nothing yet.
     *
     * @param oauth what to renew with
     * @param connections how long connecting may take, and which certificates are trusted
     * @param userAgent who is calling
     * @return a source that owns its connections
     */
    public static RenewingCredentials create(OAuth2Credentials oauth, ConnectionOptions connections, String userAgent) {
        return new RenewingCredentials(
                oauth,
                new NettyTokenExchange(oauth.endpoint(), connections, userAgent),
                Schedulers.parallel(),
                System::nanoTime,
                Instant::now,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    @Override
    public @Nullable Credentials ready() {
        State seen = state.get();
        long now = nanoTime.getAsLong();
        Token token = seen.usable(now);
        if (token == null) {
            return null;
        }
        if (token.due(now) && seen.mayBegin(now)) {
            Renewal ahead = new Renewal();
            // Whoever was faster has begun one, or has a new token.
            if (state.compareAndSet(seen, seen.renewing(ahead))) {
                begin(ahead);
            }
        }
        return token.credentials();
    }

    @Override
    public Mono<Credentials> current() {
        return Mono.defer(() -> {
            Credentials now = ready();
            return now == null ? renewed() : Mono.just(now);
        });
    }

    @Override
    public Mono<Credentials> afterRefusal(Credentials refused) {
        // The token endpoint may issue the same token again; that is no help.
        return Mono.defer(() -> mayRenew(refused) ? renewed() : Mono.<Credentials>empty())
                .filter(renewed -> !renewed.equals(refused));
    }

    @Override
    public Mono<Void> settled() {
        return Mono.defer(() -> {
            Renewal running = state.get().running();
            return running == null ? Mono.empty() : running.result().then().onErrorComplete();
        });
    }

    @Override
    public Mono<Void> disposeLater() {
        return exchange.disposeLater();
    }

    @Override
    public String toString() {
        return "access tokens from " + oauth.endpoint();
    }

    /** Takes note of a refusal. False if another token would be refused as well. */
    private boolean mayRenew(Credentials refused) {
        while (true) {
            State seen = state.get();
            Token token = seen.token();
            // A refusal of an older token says nothing about this one.
            if (token == null || seen.refused() || !token.credentials().equals(refused)) {
                return true;
            }
            if (token.justIssued(nanoTime.getAsLong()) && seen.running() == null) {
                return false;
            }
            if (state.compareAndSet(seen, seen.refusing())) {
                return true;
            }
        }
    }

    /** A usable token: there is one, or one is being fetched, or this fetches one. */
    private Mono<Credentials> renewed() {
        while (true) {
            State seen = state.get();
            long now = nanoTime.getAsLong();
            Token token = seen.usable(now);
            if (token != null) {
                return Mono.just(token.credentials());
            }
            if (seen.running() != null) {
                return seen.running().result();
            }
            if (seen.failure() != null && !seen.mayBegin(now)) {
                return Mono.error(seen.failure().error());
            }
            Renewal mine = new Renewal();
            if (state.compareAndSet(seen, seen.renewing(mine))) {
                begin(mine);
                return mine.result();
            }
        }
    }

    /** The one place that subscribes by itself: on behalf of all who wait, and of those who do not have to. */
    private void begin(Renewal renewal) {
        Mono.defer(this::token).single().subscribe(token -> succeeded(renewal, token), e -> failed(renewal, e));
    }

    private void succeeded(Renewal renewal, Token token) {
        state.set(new State(token, false, null, null));
        renewal.succeed(token.credentials());
    }

    private void failed(Renewal renewal, Throwable cause) {
        // What the classes below this one do not foresee says no more than its name: its text may hold anything.
        RenewalException error = cause instanceof RenewalException known
                ? known
                : new RenewalException("it failed with " + cause.getClass().getName(), true, null);
        Failure failure =
                new Failure(error, nanoTime.getAsLong(), holdOff(error).toNanos());
        if (state.updateAndGet(seen -> seen.failing(failure)).usable(failure.atNanos()) != null) {
            LOG.warn(
                    "An access token could not be renewed ahead of its end, and is used until then: {}",
                    error.detail());
        }
        renewal.fail(error);
    }

    private static Duration holdOff(RenewalException error) {
        Duration least = error.retryable() ? HOLD_OFF : HOLD_OFF_REFUSED;
        Duration asked = error.retryAfter();
        return asked == null || asked.compareTo(least) < 0 ? least : asked;
    }

    /** What a renewal does: saves what the last one could not, or asks, and saves what came. */
    private Mono<Token> token() {
        Unsaved left = unsaved;
        return left == null
                ? ask()
                : save(left).flatMap(token -> token.over(nanoTime.getAsLong()) ? ask() : Mono.just(token));
    }

    private Mono<Token> ask() {
        // The life of the token is counted from here: the endpoint may have made it at any time since.
        long asked = nanoTime.getAsLong();
        return exchange.refresh(oauth.form(refreshToken))
                .timeout(oauth.refreshTimeout(), timer)
                .onErrorMap(TimeoutException.class, e -> late("the token endpoint gave no answer"))
                .flatMap(answer -> answer instanceof TokenAnswer.Granted granted
                        ? keep(granted, asked)
                        : Mono.error(denied((TokenAnswer.Denied) answer)));
    }

    private static RenewalException denied(TokenAnswer.Denied answer) {
        return new RenewalException(answer.detail(), answer.retryable(), answer.retryAfter(), answer.cause());
    }

    private Mono<Token> keep(TokenAnswer.Granted granted, long asked) {
        Duration expiresIn = granted.expiresIn();
        TokenLife life =
                expiresIn == null ? null : TokenLife.of(expiresIn, oauth.refreshBeforeExpiry(), random.getAsDouble());
        Token token = Token.issued(granted.accessToken(), life, asked, nanoTime.getAsLong());
        RefreshToken next = granted.refreshToken() == null ? refreshToken : RefreshToken.of(granted.refreshToken());
        if (next.equals(refreshToken)) {
            return Mono.just(token);
        }
        Unsaved issued = new Unsaved(next, token);
        // The old refresh token may be void by now: from here on, losing the new one is losing the account.
        unsaved = issued;
        return save(issued);
    }

    private Mono<Token> save(Unsaved issued) {
        return Mono.defer(() -> oauth.tokenStore().save(issued.refreshToken()))
                .timeout(oauth.refreshTimeout(), timer)
                .onErrorMap(e -> e instanceof TimeoutException
                        ? late("the token store did not save the new refresh token")
                        : new RenewalException(
                                "the token store failed with " + e.getClass().getName(), true, null))
                .then(Mono.fromSupplier(() -> {
                    refreshToken = issued.refreshToken();
                    unsaved = null;
                    return issued.token();
                }));
    }

    private RenewalException late(String what) {
        return new RenewalException(what + " within " + oauth.refreshTimeout(), true, null);
    }

    private @Nullable Token first(Supplier<Instant> wallClock) {
        Credentials credentials = oauth.accessToken();
        if (credentials == null) {
            return null;
        }
        Instant expiresAt = oauth.accessTokenExpiresAt();
        TokenLife life = expiresAt == null
                ? null
                : TokenLife.ofRest(left(wallClock.get(), expiresAt), oauth.refreshBeforeExpiry());
        return Token.brought(credentials, life, nanoTime.getAsLong());
    }

    private static Duration left(Instant now, Instant expiresAt) {
        Duration left = Duration.between(now, expiresAt);
        Duration most = Duration.ofDays(3650);
        return left.compareTo(most) > 0 ? most : left;
    }

    /**
     * Everything that calls look at.
     *
     * @param token the newest token, or null before the first
     * @param refused whether the service has refused it
     * @param running the renewal under way, or null
     * @param failure how the last renewal failed, or null if it did not
     */
    private record State(
            @Nullable Token token,
            boolean refused,
            @Nullable Renewal running,
            @Nullable Failure failure) {

        /** The token, if it can be used. */
        @Nullable Token usable(long now) {
            return token == null || refused || token.over(now) ? null : token;
        }

        boolean mayBegin(long now) {
            return running == null && (failure == null || now - failure.atNanos() >= failure.holdOffNanos());
        }

        State renewing(Renewal renewal) {
            return new State(token, refused, renewal, null);
        }

        State refusing() {
            return new State(token, true, running, failure);
        }

        State failing(Failure why) {
            return new State(token, refused, null, why);
        }
    }

    private record Failure(RenewalException error, long atNanos, long holdOffNanos) {}

    /** A refresh token that nothing may be done with before it is saved, and what came with it. */
    private record Unsaved(RefreshToken refreshToken, Token token) {}

    /**
     * An access token in use.
     *
     * @param life how long it is used, or null if nobody knows
     * @param issuedNanos when it came, or null if it was brought along
     */
    private record Token(
            Credentials credentials,
            @Nullable TokenLife life,
            long askedNanos,
            @Nullable Long issuedNanos) {

        static Token issued(Credentials credentials, @Nullable TokenLife life, long asked, long issued) {
            return new Token(credentials, life, asked, issued);
        }

        static Token brought(Credentials credentials, @Nullable TokenLife life, long now) {
            return new Token(credentials, life, now, null);
        }

        boolean due(long now) {
            return life != null && life.due(now - askedNanos);
        }

        boolean over(long now) {
            return life != null && life.over(now - askedNanos);
        }

        boolean justIssued(long now) {
            return issuedNanos != null && now - issuedNanos < HOLD_OFF.toNanos();
        }
    }

    /** One renewal, and all who wait for it. */
    private static final class Renewal {

        private final Sinks.One<Credentials> ended = Sinks.one();

        Mono<Credentials> result() {
            return ended.asMono();
        }

        void succeed(Credentials credentials) {
            ended.tryEmitValue(credentials);
        }

        void fail(RenewalException error) {
            ended.tryEmitError(error);
        }
    }
}
