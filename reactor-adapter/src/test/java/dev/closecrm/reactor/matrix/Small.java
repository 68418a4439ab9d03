package dev.closecrm.reactor.matrix;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.test.StepVerifier;

/**
 * Clients that wait a twentieth of what others do before they try again, and what they report. Those for the rows about time limits
 * are hasty: their limits are a twentieth too. The others keep the defaults, since what is slow there is the machine.
 */
final class Small {

    static final Duration LIMIT = Duration.ofSeconds(30);

    static final ContactId ID = ContactId.of("cont_1");

    private Small() {}

    static ConnectionOptions.Builder connections() {
        return ConnectionOptions.builder();
    }

    static ConnectionOptions.Builder hasty(ConnectionOptions.Builder patient) {
        ConnectionOptions full = ConnectionOptions.defaults();
        return patient.acquireTimeout(small(full.acquireTimeout()))
                .connectTimeout(small(full.connectTimeout()))
                .tlsHandshakeTimeout(small(full.tlsHandshakeTimeout()))
                .responseTimeout(small(full.responseTimeout()))
                .attemptTimeout(small(full.attemptTimeout()))
                .maxIdleTime(small(full.maxIdleTime()))
                .maxLifeTime(small(full.maxLifeTime()))
                .evictionInterval(small(full.evictionInterval()))
                .disposeTimeout(small(full.disposeTimeout()));
    }

    static RetryOptions.Builder retry() {
        RetryOptions full = RetryOptions.defaults();
        return full.toBuilder()
                .transportBackoff(small(full.transportBackoff()), small(full.transportBackoffCap()))
                .statusBackoff(small(full.statusBackoff()), small(full.statusBackoffCap()))
                .longestServerWait(small(full.longestServerWait()));
    }

    static CloseCrmClient client(URI baseUrl, Over over) {
        return client(baseUrl, over, connections -> connections);
    }

    static CloseCrmClient client(URI baseUrl, Over over, UnaryOperator<ConnectionOptions.Builder> settings) {
        return client(builder(baseUrl, over, settings));
    }

    /** A client that makes one attempt and no more, but for those that cost nothing and are not waited for. */
    static CloseCrmClient clientOfOneAttempt(
            URI baseUrl, Over over, UnaryOperator<ConnectionOptions.Builder> settings) {
        return client(builder(baseUrl, over, settings)
                .retry(retry().maxAttempts(1)
                        .budget(0, 1)
                        // Longer than a call may take.
                        .transportBackoff(Duration.ofDays(100), Duration.ofDays(100))
                        .build()));
    }

    /** A service with some contacts, for the clients made here. */
    static CloseCrmSandbox sandbox(Over over, int contacts) {
        CloseCrmSandbox.Builder builder =
                CloseCrmSandbox.builder().apiKey(Watch.KEY).contacts(contacts);
        return (over == Over.HTTP_2 ? builder.http2() : builder).start();
    }

    static ContactId first(CloseCrmSandbox sandbox) {
        return ContactId.of(sandbox.contactIds().get(0));
    }

    static CloseCrmClient.Builder builder(URI baseUrl, Over over, UnaryOperator<ConnectionOptions.Builder> settings) {
        return withoutCredentials(baseUrl, over, settings).credentials(Credentials.apiKey(Watch.KEY));
    }

    static CloseCrmClient.Builder withoutCredentials(
            URI baseUrl, Over over, UnaryOperator<ConnectionOptions.Builder> settings) {
        return CloseCrmClient.builder()
                .baseUrl(baseUrl)
                // Hosts that only a scripted name server or a proxy knows are not loopback, as far as a client can
                // tell.
                .allowPlaintext()
                .connections(
                        settings.apply(connections().protocol(over.protocol())).build())
                .retry(retry().build());
    }

    /** Builds it and has it watched. */
    static CloseCrmClient client(CloseCrmClient.Builder builder) {
        return Watch.watched(builder.build());
    }

    /** One call to its end, which comes once. */
    static DeleteResult<ContactId> delete(CloseCrmClient client) {
        return delete(client, ID);
    }

    static DeleteResult<ContactId> delete(CloseCrmClient client, ContactId id) {
        List<DeleteResult<ContactId>> results = new ArrayList<>();
        List<SignalType> ends = new ArrayList<>();
        StepVerifier.create(client.tryDeleteContact(id).doOnTerminate(() -> ends.add(SignalType.ON_COMPLETE)))
                .recordWith(() -> results)
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        if (ends.size() != 1) {
            throw new AssertionError("ended " + ends.size() + " times");
        }
        return results.get(0);
    }

    /** The error of a call that must fail; its text tells no secret. */
    static CloseCrmException error(DeleteResult<?> result) {
        if (!(result.outcome() instanceof DeleteOutcome.Failed failed)) {
            throw new AssertionError("did not fail: " + result);
        }
        Watch.assertTellsNoSecret(Watch.inFull(failed.error()));
        return failed.error();
    }

    /** The error signal of the plain call, which is an ending of its own. */
    static Throwable signal(Mono<?> call) {
        List<Throwable> errors = new ArrayList<>();
        StepVerifier.create(call).expectErrorSatisfies(errors::add).verify(LIMIT);
        return errors.get(0);
    }

    /** What ended a bulk run that must not come to its end; the results before that are added to a list. */
    static BulkAbortedException aborted(Flux<DeleteResult<String>> run, List<DeleteResult<String>> results) {
        Throwable end = signal(run.doOnNext(results::add).then());
        if (!(end instanceof BulkAbortedException aborted)) {
            throw new AssertionError("did not end the run: " + end);
        }
        Watch.assertTellsNoSecret(Watch.inFull(end));
        return aborted;
    }

    /** A twentieth. */
    static Duration small(Duration full) {
        return full.dividedBy(20);
    }
}
