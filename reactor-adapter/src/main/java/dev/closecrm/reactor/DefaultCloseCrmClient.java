package dev.closecrm.reactor;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.retry.RetryBudget;
import dev.closecrm.core.engine.retry.RetryPolicy;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.KeyRing;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkRun;
import dev.closecrm.reactor.http.NettyTransport;
import dev.closecrm.reactor.quota.QuotaCoordinator;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The edge: turns outcomes into signals, and owns what the client owns. */
final class DefaultCloseCrmClient implements CloseCrmClient {

    /** What closing the connections themselves may take, once no call is in flight. */
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final Shared shared;
    /** Whether this client owns what it shares; one that was made from another does not. */
    private final boolean owner;

    private final ConnectionOptions connections;
    final NettyTransport transport;
    private final KeyRing keys;
    final PermitGate gate;
    final Lane lane;
    private final @Nullable LeasedQuota leased;
    private final DeleteCall call;
    private final TenantCalls runs;

    /** What all tenants have in common. */
    private record Shared(
            ConnectionOptions connections,
            RetryOptions retry,
            QuotaOptions quota,
            @Nullable QuotaCoordinator coordinator,
            NettyTransport transport,
            PermitGate gate) {}

    DefaultCloseCrmClient(
            KeyRing keys,
            ConnectionOptions connections,
            RetryOptions retry,
            QuotaOptions quota,
            @Nullable QuotaCoordinator coordinator,
            NettyTransport transport) {
        this(
                new Shared(
                        connections,
                        retry,
                        quota,
                        coordinator,
                        transport,
                        new PermitGate(connections.maxConnections(), connections.maxWaitingCalls())),
                keys,
                true);
    }

    private DefaultCloseCrmClient(Shared shared, KeyRing keys, boolean owner) {
        RetryOptions retry = shared.retry();
        this.shared = shared;
        this.owner = owner;
        this.connections = shared.connections();
        this.transport = shared.transport();
        this.keys = keys;
        this.gate = shared.gate();
        QuotaBook quota = new QuotaBook(
                shared.quota(), keys.size(), () -> ThreadLocalRandom.current().nextLong());
        QuotaCoordinator coordinator = shared.coordinator();
        this.leased = coordinator == null
                ? null
                : new LeasedQuota(coordinator, quota, keys.accounts(), Schedulers.parallel(), System::nanoTime);
        this.lane =
                new Lane(gate, leased == null ? quota : leased, keys.size(), Schedulers.parallel(), System::nanoTime);
        if (leased != null) {
            leased.serve(lane::wake, lane::couldGo);
        }
        this.call = new DeleteCall(
                lane,
                keys,
                transport,
                new RetryPolicy(retry),
                new RetryBudget(retry.budget(), retry.retryCost()),
                new DeleteCall.Limits(retry.callTimeout(), connections.attemptTimeout()),
                Schedulers.parallel(),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
        this.runs = new TenantCalls(call, lane, Schedulers.parallel(), System::nanoTime);
    }

    @Override
    public Mono<Void> deleteContact(String id) {
        return withId(id, this::deleteContact);
    }

    @Override
    public Mono<Void> deleteContact(ContactId id) {
        return call.delete(Objects.requireNonNull(id, "id"))
                .flatMap(ended ->
                        ended.outcome() instanceof DeleteOutcome.Deleted ? Mono.empty() : Mono.error(ended.error()));
    }

    @Override
    public Mono<Boolean> deleteContactIfExists(String id) {
        return withId(id, this::deleteContactIfExists);
    }

    @Override
    public Mono<Boolean> deleteContactIfExists(ContactId id) {
        return call.delete(Objects.requireNonNull(id, "id"))
                .flatMap(ended -> switch (ended.outcome().kind()) {
                    case DELETED -> Mono.just(true);
                    case NOT_FOUND -> Mono.just(false);
                    default -> Mono.error(ended.error());
                });
    }

    @Override
    public Mono<DeleteResult<ContactId>> tryDeleteContact(ContactId id) {
        return call.delete(Objects.requireNonNull(id, "id")).map(Ended::result);
    }

    @Override
    public Flux<DeleteResult<String>> deleteContacts(Publisher<String> ids) {
        return deleteContacts(ids, BulkOptions.defaults());
    }

    @Override
    public Flux<DeleteResult<String>> deleteContacts(Publisher<String> ids, BulkOptions<String> options) {
        return deleteContacts(ids, Function.identity(), options);
    }

    @Override
    public <T> Flux<DeleteResult<T>> deleteContacts(
            Publisher<? extends T> items, Function<? super T, String> contactId) {
        return deleteContacts(items, contactId, BulkOptions.defaults());
    }

    @Override
    public <T> Flux<DeleteResult<T>> deleteContacts(
            Publisher<? extends T> items, Function<? super T, String> contactId, BulkOptions<T> options) {
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(contactId, "contactId");
        int concurrency = Math.min(
                Objects.requireNonNull(options, "options").concurrency().orElse(connections.maxConnections()),
                connections.maxConnections());
        return BulkRun.of(items, contactId, runs, concurrency, options);
    }

    @Override
    public CloseCrmClient withCredentials(Credentials other) {
        return new DefaultCloseCrmClient(shared, KeyRing.of(CredentialsSource.fixed(other)), false);
    }

    @Override
    public CloseCrmClient withCredentials(ApiKeys others) {
        return new DefaultCloseCrmClient(shared, KeyRing.of(others), false);
    }

    @Override
    public QuotaSnapshot quota() {
        return Snapshots.of(lane.quota().view(lane.now()), lane.waitedForQuota(), Instant.now());
    }

    @Override
    public Mono<Void> disposeLater() {
        return Mono.defer(() -> {
            shut();
            return (owner ? gate.drained() : lane.drained())
                    // After the calls, since one of them may have begun a renewal.
                    .then(keys.settled())
                    .timeout(connections.disposeTimeout(), Mono.empty(), Schedulers.parallel())
                    .then(giveBack());
        });
    }

    @Override
    public void dispose() {
        shut();
        giveBack().subscribe();
    }

    private void shut() {
        if (owner) {
            gate.close();
        } else {
            lane.close();
        }
        if (leased != null) {
            leased.close();
        }
    }

    private Mono<Void> giveBack() {
        return owner ? Mono.when(transport.disposeLater(), keys.disposeLater()) : keys.disposeLater();
    }

    @Override
    public boolean isDisposed() {
        return lane.closed();
    }

    @Override
    public void close() {
        if (Schedulers.isInNonBlockingThread()) {
            disposeLater().subscribe();
        } else {
            disposeLater()
                    .timeout(connections.disposeTimeout().plus(CLOSING), Mono.empty())
                    .block();
        }
    }

    @Override
    public String toString() {
        return "CloseCrmClient[" + transport + (isDisposed() ? ", disposed]" : "]");
    }

    private static <R> Mono<R> withId(String id, Function<ContactId, Mono<R>> call) {
        Objects.requireNonNull(id, "id");
        return Mono.defer(() -> {
            try {
                return call.apply(ContactId.of(id));
            } catch (InvalidContactIdException e) {
                return Mono.error(e);
            }
        });
    }
}
