package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.quota.QuotaAccount;
import dev.closecrm.reactor.quota.QuotaCoordinator;
import dev.closecrm.reactor.quota.QuotaDemand;
import dev.closecrm.reactor.quota.QuotaLease;
import dev.closecrm.reactor.quota.QuotaReport;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.RateLimit;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Clients that share a coordinator, against the sandbox. */
class QuotaCoordinatorTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void twoClientsWithOneKeyAskForEachRequest() {
        everyRequestHasAPermit(new Recording(QuotaCoordinator.inMemory()));
    }

    @Test
    void soDoThoseWhoseCoordinatorIsFarAway() {
        everyRequestHasAPermit(new Recording(new Distant(QuotaCoordinator.inMemory(), Duration.ofMillis(10))));
    }

    /**
     * That none is refused is not asserted here: a machine that stands still for a part of a window lets the requests of two windows
     * meet in one. {@code InMemoryCoordinatorTest} shows what is let go, in virtual time.
     */
    private static void everyRequestHasAPermit(Recording shared) {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                        .contacts(201)
                        .rateLimit(RateLimit.perKey(50, Duration.ofSeconds(1)))
                        .start();
                CloseCrmClient one = client(sandbox, shared);
                CloseCrmClient other = client(sandbox, shared)) {
            List<String> ids = sandbox.contactIds();
            // The first request in a new virtual machine may take longer than others wait for what it finds out.
            one.deleteContact(ids.get(200)).block(LIMIT);
            List<DeleteResult<String>> results = Flux.merge(
                            one.deleteContacts(Flux.fromIterable(ids.subList(0, 120))),
                            other.deleteContacts(Flux.fromIterable(ids.subList(120, 200))))
                    .collectList()
                    .block(LIMIT);
            assertThat(results).hasSize(200).allMatch(result -> result.outcome() instanceof DeleteOutcome.Deleted);
            assertThat(ids).noneMatch(sandbox::contains);
            assertThat(one.quota().limit()).isEqualTo(50);
            long refused = sandbox.ledger().refused429();
            // Nothing went without a permit.
            assertThat(shared.ends(QuotaReport.End.ANSWERED)).isEqualTo(201);
            assertThat(shared.ends(QuotaReport.End.REFUSED)).isEqualTo(refused);
        }
    }

    @Test
    void severalKeysAndTenantsHaveAccountsOfTheirOwn() {
        Recording coordinator = new Recording(QuotaCoordinator.inMemory());
        ApiKeys both = Credentials.keys("api_a", "api_b");
        Credentials third = Credentials.apiKey("api_c");
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                        .contacts(60)
                        .apiKey("api_a")
                        .apiKey("api_b")
                        .apiKey("api_c")
                        .start();
                CloseCrmClient client = CloseCrmClient.builder()
                        .credentials(both)
                        .baseUrl(sandbox.baseUrl())
                        .quotaCoordinator(coordinator)
                        .build()) {
            CloseCrmClient tenant = client.withCredentials(third);
            List<String> ids = sandbox.contactIds();
            Flux.merge(
                            client.deleteContacts(Flux.fromIterable(ids.subList(0, 40))),
                            tenant.deleteContacts(Flux.fromIterable(ids.subList(40, 60))))
                    .blockLast(LIMIT);
            assertThat(sandbox.contactIds()).noneMatch(sandbox::contains);
            assertThat(coordinator.asked)
                    .containsExactlyInAnyOrder(
                            QuotaAccount.of(both.all().get(0)),
                            QuotaAccount.of(both.all().get(1)),
                            QuotaAccount.of(third));
        }
    }

    @Test
    void aCoordinatorThatNeverAnswersDoesNotStopDeletes() {
        deletesAll(new Scripted(Mono.never()));
    }

    @Test
    void aCoordinatorThatFailsDoesNotStopDeletes() {
        deletesAll(new Scripted(Mono.error(new IllegalStateException("broken"))));
    }

    @Test
    void aCoordinatorThatThrowsDoesNotStopDeletes() {
        deletesAll(new Scripted(null));
    }

    /** With a limit, so that it shows that the client keeps its quota by itself. */
    private static void deletesAll(QuotaCoordinator broken) {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.builder()
                        .contacts(60)
                        .rateLimit(RateLimit.perKey(50, Duration.ofSeconds(1)))
                        .start();
                CloseCrmClient client = client(sandbox, broken)) {
            client.deleteContacts(Flux.fromIterable(sandbox.contactIds())).blockLast(LIMIT);
            assertThat(sandbox.contactIds()).noneMatch(sandbox::contains);
            assertThat(client.quota().limit()).isEqualTo(50);
        }
    }

    @Test
    void aTokenThatRenewsItselfIsNoAccount() {
        CloseCrmClient.Builder builder = CloseCrmClient.builder()
                .oauth2(OAuth2Credentials.builder()
                        .clientId("id")
                        .clientSecret("secret")
                        .refreshToken("token")
                        .build())
                .quotaCoordinator(QuotaCoordinator.inMemory());
        assertThatIllegalStateException().isThrownBy(builder::build).withMessageContaining("quotaCoordinator");
    }

    private static CloseCrmClient client(CloseCrmSandbox sandbox, QuotaCoordinator coordinator) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(sandbox.apiKey()))
                .baseUrl(sandbox.baseUrl())
                .connections(ConnectionOptions.builder().maxConnections(16).build())
                .quotaCoordinator(coordinator)
                .build();
    }

    /** Whom it is asked for, and what becomes of that. */
    private static final class Recording implements QuotaCoordinator {

        private final QuotaCoordinator coordinator;
        private final Set<QuotaAccount> asked = ConcurrentHashMap.newKeySet();

        private final Queue<QuotaReport.End> ends = new ConcurrentLinkedQueue<>();

        private Recording(QuotaCoordinator coordinator) {
            this.coordinator = coordinator;
        }

        @Override
        public Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand) {
            asked.add(account);
            return coordinator.lease(account, demand);
        }

        @Override
        public Mono<Void> report(QuotaAccount account, QuotaReport report) {
            ends.add(report.end());
            return coordinator.report(account, report);
        }

        long ends(QuotaReport.End end) {
            return ends.stream().filter(end::equals).count();
        }
    }

    /** As one in a store: what is asked and told takes its time. */
    private record Distant(QuotaCoordinator coordinator, Duration way) implements QuotaCoordinator {

        @Override
        public Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand) {
            return Mono.delay(way).then(coordinator.lease(account, demand)).delayElement(way);
        }

        @Override
        public Mono<Void> report(QuotaAccount account, QuotaReport report) {
            return Mono.delay(way).then(coordinator.report(account, report));
        }
    }

    /** Answers always the same, or throws if it is null. */
    private record Scripted(Mono<QuotaLease> answer) implements QuotaCoordinator {

        @Override
        public Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand) {
            if (answer == null) {
                throw new IllegalStateException("broken");
            }
            return answer;
        }

        @Override
        public Mono<Void> report(QuotaAccount account, QuotaReport report) {
            throw new IllegalStateException("broken");
        }
    }
}
