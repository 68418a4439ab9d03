package dev.closecrm.reactor;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.retry.RetryBudget;
import dev.closecrm.core.engine.retry.RetryPolicy;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkRun;
import dev.closecrm.reactor.bulk.OutageHold;
import dev.closecrm.reactor.http.NettyTransport;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The edge: turns outcomes into signals, and owns what the client owns. */
final class DefaultCloseCrmClient implements CloseCrmClient {

    /** What closing the connections themselves may take, once no call is in flight. */
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final ConnectionOptions connections;
    final NettyTransport transport;
    private final CredentialsSource credentials;
    final PermitGate gate;
    private final DeleteCall call;

    DefaultCloseCrmClient(
            CredentialsSource credentials,
            ConnectionOptions connections,
            RetryOptions retry,
            NettyTransport transport) {
        this.connections = connections;
        this.transport = transport;
        this.credentials = credentials;
        this.gate = new PermitGate(connections.maxConnections(), connections.maxWaitingCalls());
        this.call = new DeleteCall(
                gate,
                credentials,
                transport,
                new RetryPolicy(retry),
                new RetryBudget(retry.budget(), retry.retryCost()),
                new DeleteCall.Limits(retry.callTimeout(), connections.attemptTimeout()),
                Schedulers.parallel(),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
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
        return Flux.using(
                () -> new OutageHold(options.outageTimeout(), Schedulers.parallel(), options.outageListener()),
                hold -> new BulkRun<T>(
                                contactId,
                                id -> call.delete(id, hold, options.itemTimeout())
                                        .map(Ended::result),
                                concurrency,
                                options)
                        .results(items),
                OutageHold::dispose);
    }

    @Override
    public Mono<Void> disposeLater() {
        return Mono.defer(() -> {
            gate.close();
            return gate.drained()
                    // After the calls, since one of them may have begun a renewal.
                    .then(credentials.settled())
                    .timeout(connections.disposeTimeout(), Mono.empty(), Schedulers.parallel())
                    .then(closeConnections());
        });
    }

    @Override
    public void dispose() {
        gate.close();
        closeConnections().subscribe();
    }

    private Mono<Void> closeConnections() {
        return Mono.when(transport.disposeLater(), credentials.disposeLater());
    }

    @Override
    public boolean isDisposed() {
        return gate.closed();
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
