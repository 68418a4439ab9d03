package dev.closecrm.reactor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.token.RefreshForm;
import dev.closecrm.core.engine.token.TokenAnswer;
import dev.closecrm.reactor.http.TokenExchange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Many threads ask at once; the token endpoint answers on yet another. */
class RenewalRaceTest {

    private static final int THREADS = 8;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final long seed = Long.getLong("closecrm.test.seed", 1);
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Scheduler answering = Schedulers.newSingle("endpoint");
    private final AtomicLong clock = new AtomicLong();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        answering.dispose();
    }

    @Test
    void refusalsAtOnceCauseOneRequestAndAllGetItsToken() throws Exception {
        CountingEndpoint endpoint = new CountingEndpoint(() -> granted(0));
        RenewingCredentials source = source(endpoint);
        Credentials[] refused = {source.current().block(LIMIT)};
        for (int round = 2; round < 1_000; round++) {
            clock.addAndGet(RenewingCredentials.HOLD_OFF.toNanos());
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Credentials> got = inParallel(thread -> {
                start.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
                return source.afterRefusal(refused[0]).block(LIMIT);
            });
            assertThat(got).containsOnly(Credentials.accessToken("a" + round));
            assertThat(endpoint.requests.get()).isEqualTo(round);
            refused[0] = got.get(0);
        }
        assertThat(endpoint.most.get()).isEqualTo(1);
    }

    @Test
    void whateverComesTogetherNothingIsAskedTwiceAtOnceAndNobodyWaitsForEver() throws Exception {
        Random dice = new Random(seed);
        CountingEndpoint endpoint = new CountingEndpoint(() -> dice.nextInt(4) == 0
                ? new TokenAnswer.Denied("busy", dice.nextBoolean(), null, null)
                : granted(1 + dice.nextInt(5)));
        RenewingCredentials source = source(endpoint);
        inParallel(thread -> {
            Random random = new Random(seed + thread);
            @Nullable Credentials last = null;
            for (int i = 0; i < 2_000; i++) {
                clock.addAndGet(random.nextInt(100_000_000));
                Credentials before = last;
                boolean refusal = before != null && random.nextBoolean();
                Mono<Credentials> asked = refusal ? source.afterRefusal(before) : source.current();
                if (random.nextInt(3) == 0) {
                    asked.subscribe(c -> {}, e -> assertThat(e).isInstanceOf(RenewalException.class))
                            .dispose();
                    continue;
                }
                Credentials got = asked.onErrorResume(RenewalException.class, e -> Mono.empty())
                        .block(LIMIT);
                if (refusal && got != null) {
                    assertThat(got).as("seed %d", seed).isNotEqualTo(before);
                }
                last = got == null ? last : got;
            }
            return Credentials.accessToken("done");
        });
        assertThat(endpoint.most.get()).as("seed %d", seed).isEqualTo(1);
        assertThat(endpoint.requests.get()).isGreaterThan(10);
        source.settled().block(LIMIT);
    }

    @Test
    void twoThatSeeTheSameMomentBeginOneRenewal() throws Exception {
        // The first look is that of current(); at the second, both have seen that nobody renews.
        meetAt(2, builder -> builder, "a1");
    }

    @Test
    void twoThatSeeThatATokenIsNearlyOverBeginOneRenewal() throws Exception {
        meetAt(1, builder -> builder.accessToken("a0", Instant.EPOCH.plusSeconds(30)), "a0");
    }

    /** Two threads look at the state, meet when they look at the clock, and go on from there. */
    private void meetAt(int look, UnaryOperator<OAuth2Credentials.Builder> with, String expected) throws Exception {
        for (int round = 0; round < 50; round++) {
            CountingEndpoint endpoint = new CountingEndpoint(() -> granted(0));
            CyclicBarrier meeting = new CyclicBarrier(2);
            Map<Thread, AtomicInteger> looks = new ConcurrentHashMap<>();
            RenewingCredentials source = source(endpoint, with, () -> {
                AtomicInteger mine = looks.get(Thread.currentThread());
                if (mine != null && mine.incrementAndGet() == look) {
                    await(meeting);
                }
                return 0;
            });
            List<Callable<Credentials>> both = Collections.nCopies(2, () -> {
                looks.put(Thread.currentThread(), new AtomicInteger());
                return source.current().block(LIMIT);
            });
            for (Future<Credentials> each : threads.invokeAll(both, 100, TimeUnit.SECONDS)) {
                assertThat(each.get(1, TimeUnit.SECONDS)).isEqualTo(Credentials.accessToken(expected));
            }
            source.settled().block(LIMIT);
            assertThat(endpoint.requests.get()).isEqualTo(1);
        }
    }

    private static void await(CyclicBarrier meeting) {
        try {
            meeting.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Work {
        Credentials by(int thread) throws Exception;
    }

    private List<Credentials> inParallel(Work work) throws Exception {
        List<Callable<Credentials>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            all.add(() -> work.by(thread));
        }
        List<Credentials> results = new ArrayList<>();
        for (Future<Credentials> each : threads.invokeAll(all, 100, TimeUnit.SECONDS)) {
            results.add(each.get(1, TimeUnit.SECONDS));
        }
        return results;
    }

    private RenewingCredentials source(TokenExchange endpoint) {
        return source(endpoint, builder -> builder, clock::get);
    }

    private static RenewingCredentials source(
            TokenExchange endpoint, UnaryOperator<OAuth2Credentials.Builder> with, LongSupplier nanoTime) {
        OAuth2Credentials.Builder builder = OAuth2Credentials.builder()
                .clientId("client")
                .clientSecret("secret")
                .refreshToken("r1");
        return new RenewingCredentials(
                with.apply(builder).build(), endpoint, Schedulers.parallel(), nanoTime, () -> Instant.EPOCH, () -> 0.5);
    }

    private static TokenAnswer.Granted granted(int seconds) {
        // The endpoint puts the number of its answer in the place of the token.
        return new TokenAnswer.Granted(
                Credentials.accessToken("a"), seconds == 0 ? null : Duration.ofSeconds(seconds), null);
    }

    /** Numbers its tokens, and counts how many requests are under way at once. */
    private final class CountingEndpoint implements TokenExchange {

        private final Callable<TokenAnswer> answers;
        private final AtomicInteger requests = new AtomicInteger();
        private final AtomicInteger underWay = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        CountingEndpoint(Callable<TokenAnswer> answers) {
            this.answers = answers;
        }

        @Override
        public Mono<TokenAnswer> refresh(RefreshForm form) {
            return Mono.defer(() -> {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                return Mono.fromCallable(this::answer).subscribeOn(answering);
            });
        }

        private TokenAnswer answer() throws Exception {
            int number = requests.incrementAndGet();
            TokenAnswer answer = answers.call();
            underWay.decrementAndGet();
            return answer instanceof TokenAnswer.Granted granted
                    ? new TokenAnswer.Granted(
                            Credentials.accessToken("a" + number), granted.expiresIn(), granted.refreshToken())
                    : answer;
        }

        @Override
        public Mono<Void> disposeLater() {
            return Mono.empty();
        }
    }
}
