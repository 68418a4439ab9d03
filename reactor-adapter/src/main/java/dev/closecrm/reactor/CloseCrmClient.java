package dev.closecrm.reactor;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.request.ApiEndpoint;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.KeyRing;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.auth.RenewingCredentials;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.http.NettyTransport;
import dev.closecrm.reactor.http.UserAgent;
import dev.closecrm.reactor.quota.QuotaCoordinator;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

/**
 * Deletes contacts of the Close CRM without blocking. Build one, share it, dispose it at the end:
 *
 * <pre>{@code
 * CloseCrmClient client = CloseCrmClient.builder()
 *         .credentials(Credentials.apiKey(System.getenv("CLOSE_API_KEY")))
 *         .build();
 *
 * Mono<Void> gone = client.deleteContact("cont_…");
 * }</pre>
 *
 * <p><b>A subscription is the unit of work.</b> Calling a method does nothing yet. Each subscription is a call of its own;
 * subscribing twice deletes twice, and the second finds nothing. Cancelling stops what is still to happen and closes the
 * connection of an exchange under way; whether the service had already acted is then unknown.
 *
 * <p><b>A call tries again</b> where that can help: lost answers, time-outs, 408 and 5xx; and it waits for a used-up quota. How
 * often and how long is set with {@link RetryOptions}; every call ends within {@link RetryOptions#callTimeout()}. A 404 after
 * an attempt whose answer was lost is a deletion ({@link dev.closecrm.core.Confirmation#INFERRED}).
 *
 * <p><b>Errors.</b> What depends on data arrives as an error signal or as a result: a bad id, a refused key, a lost
 * connection. Only null arguments throw. Every error of a call says what it may have done to the contact:
 * {@link dev.closecrm.core.error.CallException#delivery()}.
 *
 * <p><b>Threads.</b> Signals arrive on the transport's event loops and, after waiting, on timer threads: what is done with them must not block. All methods may be
 * called from any thread.
 */
public interface CloseCrmClient extends Disposable, AutoCloseable {

    /**
     * Starts a client. Only the credentials are required, of either kind.
     *
     * @return a new builder
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * Deletes a contact, with {@code DELETE /api/v1/contact/{id}/} (Close API, "Delete a contact"), which is repeated where that can
     * help.
     *
     * <p>Completes empty once the service has confirmed it, or once the contact is known to be gone after an attempt that may have
     * deleted it. Cancelling stops the waiting and closes the exchange under way. Fails with
     * {@link dev.closecrm.core.error.InvalidContactIdException} without sending anything if the text is not a contact id,
     * with {@link dev.closecrm.core.error.ContactNotFoundException} if there is no such contact, with
     * {@link dev.closecrm.core.error.CallTimeoutException} when its time is over ({@link RetryOptions#callTimeout()}, 90 s), with
     * {@link dev.closecrm.core.error.ClientDisposedException} after disposal, and with another
     * {@link dev.closecrm.core.error.CallException} otherwise.
     *
     * @param id the contact's id
     * @return a lazy call
     */
    Mono<Void> deleteContact(String id);

    /**
     * Deletes a contact, as {@link #deleteContact(String)} does.
     *
     * @param id the contact's id
     * @return a lazy call
     */
    Mono<Void> deleteContact(ContactId id);

    /**
     * Deletes a contact if it is there. As {@link #deleteContact(String)}, but a contact that is not there is an answer and
     * not an error.
     *
     * @param id the contact's id
     * @return a lazy call that emits true if the contact was deleted and false if it was not there
     */
    Mono<Boolean> deleteContactIfExists(String id);

    /**
     * Deletes a contact if it is there, as {@link #deleteContactIfExists(String)} does.
     *
     * @param id the contact's id
     * @return a lazy call that emits true if the contact was deleted and false if it was not there
     */
    Mono<Boolean> deleteContactIfExists(ContactId id);

    /**
     * Deletes a contact and tells how that ended as a value, for audits. However the call ends, one result is emitted and
     * never an error: failures are {@link dev.closecrm.core.DeleteOutcome.Failed}, a disposed client is
     * {@link dev.closecrm.core.DeleteOutcome.NotAttempted}.
     *
     * @param id the contact's id
     * @return a lazy call that emits one result with index 0
     */
    Mono<DeleteResult<ContactId>> tryDeleteContact(ContactId id);

    /**
     * Deletes many contacts, as {@link #deleteContacts(Publisher, Function, BulkOptions)} does with the ids themselves as
     * items and the default options.
     *
     * @param ids the contacts' ids
     * @return a lazy run that emits one result for each id
     */
    Flux<DeleteResult<String>> deleteContacts(Publisher<String> ids);

    /**
     * Deletes many contacts, as {@link #deleteContacts(Publisher, Function, BulkOptions)} does with the ids themselves as
     * items.
     *
     * @param ids the contacts' ids
     * @param options how
     * @return a lazy run that emits one result for each id
     */
    Flux<DeleteResult<String>> deleteContacts(Publisher<String> ids, BulkOptions<String> options);

    /**
     * Deletes many contacts, as {@link #deleteContacts(Publisher, Function, BulkOptions)} does with the default options.
     *
     * @param items anything that knows a contact's id
     * @param contactId reads the id from an item
     * @param <T> the type of item
     * @return a lazy run that emits one result for each item
     */
    <T> Flux<DeleteResult<T>> deleteContacts(Publisher<? extends T> items, Function<? super T, String> contactId);

    /**
     * Deletes many contacts. Each item travels with its result, so that a pipeline can acknowledge a message once its contact
     * is gone.
     *
     * <p>An item is pulled when it may be sent and the subscriber has asked for its result: {@code take(1)} is one delete, whoever
     * asks for one result at a time has one delete in flight, and whoever asks for none sends nothing. {@code next()},
     * {@code takeUntil} and {@code any} ask for everything before they cancel: put {@code take(1)} or {@code limitRate(1)} in front. At most
     * {@link BulkOptions.Builder#concurrency(int)} items are in flight. The source may be endless; memory does not depend on how many
     * ids it has.
     *
     * <p>Results come in the order in which the calls end, or on request in {@linkplain BulkOptions.Builder#ordered() that of the
     * items}; {@link DeleteResult#index()} is the place of the item in the source. A failed item is a result and does not end the run.
     * The same id twice is sent once: the second item becomes {@link dev.closecrm.core.DeleteOutcome.Duplicate} when the first has
     * ended, as long as that is {@linkplain BulkOptions.Builder#rememberedIds(int) remembered}. An id that cannot be read is a
     * {@link dev.closecrm.core.DeleteOutcome.Failed} and nothing is sent.
     *
     * <p>While the service is down the run holds: it keeps its items, sends nothing but a probe now and then, and goes on when
     * there is an answer ({@link BulkOptions.Builder#outageTimeout}).
     *
     * <p>The run ends early on an answer that no other item could survive (401, 402, 405, 415, an access token that cannot be
     * renewed for good), by the rules of its options (too many 403 in a row, nothing but 404 at first, too many failures, an
     * outage), and when the client is disposed: what is in flight finishes, what was pulled and not sent becomes
     * {@link dev.closecrm.core.DeleteOutcome.NotAttempted}, what was sent and waits for another attempt fails with its delivery, and
     * after the last result the run fails with {@link dev.closecrm.core.error.BulkAbortedException}
     * ({@link BulkOptions.Builder#onAbort}: or completes). An error of the source is passed on after the results of what was pulled
     * before it.
     *
     * <p>Cancelling stops pulling, and closes the connections of what is in flight; nothing is emitted after it. Items in flight and
     * those whose results were not taken go to the discard hook ({@link Flux#doOnDiscard}). To stop and learn what became of
     * everything, use {@link BulkOptions.Builder#stopWhen(Publisher)}.
     *
     * <p>The Reactor context of the subscriber is seen by the source, by {@code stopWhen}, and by every attempt. Results are emitted,
     * items asked for and ids read on event loops, threads of {@code Schedulers.parallel()}, and that on which the subscriber asks:
     * nothing may block there. {@code toStream()} and {@code toIterable()} throw the error that ends a run before they have handed
     * out the results in front of it: put {@code materialize()} before them, or ask for {@code onAbort(COMPLETE)}.
     *
     * @param items anything that knows a contact's id
     * @param contactId reads the id from an item; must not block; what it throws fails that item only
     * @param options how
     * @param <T> the type of item
     * @return a lazy run that emits one result for each item
     */
    <T> Flux<DeleteResult<T>> deleteContacts(
            Publisher<? extends T> items, Function<? super T, String> contactId, BulkOptions<T> options);

    /**
     * A client for another tenant. It shares the connections of this one, and the limits that belong to them; its quota and its
     * retry budget are its own, and so is the number of calls that may wait. It costs some kilobytes and nothing that has to be closed: thousands may exist, and one that is
     * no longer used may simply be dropped. Disposing it refuses new calls and ends those that wait; what is in flight finishes, since its
     * connections are not its own. Disposing this client ends all.
     *
     * @param other on whose behalf the new client deletes
     * @return the new client
     */
    CloseCrmClient withCredentials(Credentials other);

    /**
     * A client for another tenant with several keys, as {@link #withCredentials(Credentials)}.
     *
     * @param others on whose behalf the new client deletes
     * @return the new client
     */
    CloseCrmClient withCredentials(ApiKeys others);

    /**
     * What is known about the quota now. Does not ask the service.
     *
     * @return a snapshot
     */
    QuotaSnapshot quota();

    /**
     * Ends the client gracefully. On subscription new calls are refused and calls that wait for their turn end as not
     * attempted; calls in flight may finish within {@link ConnectionOptions#disposeTimeout()}, then their connections are
     * closed. Repeatable; cancelling only stops watching.
     *
     * @return completes when every connection is closed
     */
    Mono<Void> disposeLater();

    /**
     * Ends the client at once: refuses new calls and closes every connection, those of calls in flight too. A connection that is
     * just being opened is closed as soon as it is open, and nothing is sent over it. Idempotent.
     */
    @Override
    void dispose();

    /**
     * Whether new calls are refused.
     *
     * @return true once disposal has begun
     */
    @Override
    boolean isDisposed();

    /**
     * Does what {@link #disposeLater()} does and waits for it, on threads that may block. On a non-blocking thread, such as an
     * event loop, it only starts it.
     */
    @Override
    void close();

    /** Collects what a client needs. */
    final class Builder {

        private static final URI CLOSE = URI.create("https://api.close.com");

        private @Nullable KeyRing keys;
        private @Nullable OAuth2Credentials oauth2;
        private URI baseUrl = CLOSE;
        private boolean plaintextAllowed;
        private ConnectionOptions connections = ConnectionOptions.defaults();
        private RetryOptions retry = RetryOptions.defaults();
        private QuotaOptions quota = QuotaOptions.defaults();
        private @Nullable QuotaCoordinator coordinator;
        private String userAgentSuffix = "";
        private @Nullable UnaryOperator<HttpClient> httpClient;

        private Builder() {}

        /**
         * On whose behalf contacts are deleted. Required, unless {@link #oauth2(OAuth2Credentials)} is set.
         *
         * @param credentials an API key or an access token
         * @return this builder
         */
        public Builder credentials(Credentials credentials) {
            this.keys = KeyRing.of(CredentialsSource.fixed(Objects.requireNonNull(credentials, "credentials")));
            return this;
        }

        /**
         * On whose behalf contacts are deleted, with several API keys of one organisation: calls are spread over them by what
         * each has left of its quota. In the place of {@link #credentials(Credentials)}.
         *
         * @param keys the keys, from {@link Credentials#keys}
         * @return this builder
         */
        public Builder credentials(ApiKeys keys) {
            this.keys = KeyRing.of(Objects.requireNonNull(keys, "keys"));
            return this;
        }

        /**
         * On whose behalf contacts are deleted, with an access token that the client renews by itself. In the place of
         * {@link #credentials(Credentials)}.
         *
         * <p>The first call, or the first after the token's end, waits for a new one; one renewal serves all calls that wait. A
         * call that is refused with 401 is sent once more with a new token. If none can be had, calls fail with
         * {@link dev.closecrm.core.error.TokenRefreshException}.
         *
         * @param oauth2 what to renew with
         * @return this builder
         */
        public Builder oauth2(OAuth2Credentials oauth2) {
            this.oauth2 = Objects.requireNonNull(oauth2, "oauth2");
            return this;
        }

        /**
         * Where the API is. Default {@code https://api.close.com}. No path, {@code /} and {@code /api/v1} mean the same.
         *
         * @param baseUrl an {@code https} URL, or {@code http} to a loopback host
         * @return this builder
         */
        public Builder baseUrl(URI baseUrl) {
            this.baseUrl = Objects.requireNonNull(baseUrl, "baseUrl");
            return this;
        }

        /**
         * Accepts plain {@code http} to hosts other than loopback. The credentials are then readable by everyone on the way.
         *
         * @return this builder
         */
        public Builder allowPlaintext() {
            this.plaintextAllowed = true;
            return this;
        }

        /**
         * How the client connects. Default {@link ConnectionOptions#defaults()}.
         *
         * @param connections the options
         * @return this builder
         */
        public Builder connections(ConnectionOptions connections) {
            this.connections = Objects.requireNonNull(connections, "connections");
            return this;
        }

        /**
         * When the client tries again. Default {@link RetryOptions#defaults()}.
         *
         * @param retry the options
         * @return this builder
         */
        public Builder retry(RetryOptions retry) {
            this.retry = Objects.requireNonNull(retry, "retry");
            return this;
        }

        /**
         * How much of the quota the client uses. Default {@link QuotaOptions#greedy()}: all of it.
         *
         * @param quota the options
         * @return this builder
         */
        public Builder quota(QuotaOptions quota) {
            this.quota = Objects.requireNonNull(quota, "quota");
            return this;
        }

        /**
         * Who divides the quota among the clients that use the same keys. Default nobody: each client finds its share by itself.
         * Holds for the tenants of {@link #withCredentials(Credentials)} too; each key is an account of its own.
         *
         * <p>The coordinator then decides how much is used. {@link #quota(QuotaOptions)} holds while it fails, since the client keeps
         * its quota by itself then; see {@link QuotaCoordinator}. The coordinator stays the caller's to close.
         *
         * @param coordinator such as {@link QuotaCoordinator#inMemory()}, the same one for all these clients
         * @return this builder
         */
        public Builder quotaCoordinator(QuotaCoordinator coordinator) {
            this.coordinator = Objects.requireNonNull(coordinator, "coordinator");
            return this;
        }

        /**
         * Says who is calling, after {@code closecrm-reactive/<version>} in the {@code User-Agent} header. Default nothing.
         *
         * @param suffix such as {@code my-crm-cleaner/2.1}; visible ASCII and blanks
         * @return this builder
         */
        public Builder userAgentSuffix(String suffix) {
            this.userAgentSuffix = UserAgent.requireSuffix(suffix);
            return this;
        }

        /**
         * Sets something on Reactor Netty's client that {@link ConnectionOptions} has no option for: event loops
         * ({@code runOn}), a resolver, metrics, the local address, channel options, callbacks that observe, harmless headers.
         * Default nothing. Called once, by {@link #build()}.
         *
         * <p>What the promises of this library rest on is set afterwards and wins: the pool, the protocol, every time-out, TLS
         * with the host name verified, the proxy; no redirects, no retry, no authentication by Reactor Netty, no compression, no
         * wiretap; the method, the URL, and the headers {@code Authorization}, {@code Host} and those that say where a message
         * ends or whose connection it is on. A resolver that is set here is used instead of the one of
         * {@code ConnectionOptions}, and stays the caller's to close. Callbacks and handlers that are set here see requests with
         * their credentials, and what they change of a message is the caller's doing.
         *
         * @param httpClient gets a client and returns the same one with settings changed
         * @return this builder
         */
        public Builder httpClient(UnaryOperator<HttpClient> httpClient) {
            this.httpClient = Objects.requireNonNull(httpClient, "httpClient");
            return this;
        }

        /**
         * Makes the client. Opens no connection yet.
         *
         * @return a client that owns its connections
         * @throws IllegalStateException if there are no credentials, or those of both kinds, or a coordinator for an access
         *     token that renews itself
         * @throws IllegalArgumentException if the base URL is not one of the API, a file of {@link ConnectionOptions} is not
         *     what it should be, or {@link #httpClient(UnaryOperator)} returned another client; the message says what to do
         */
        public CloseCrmClient build() {
            if (keys == null && oauth2 == null) {
                throw new IllegalStateException(
                        "credentials are missing: call credentials(Credentials.apiKey(…)) before build()");
            }
            if (keys != null && oauth2 != null) {
                throw new IllegalStateException(
                        "there are two credentials: call credentials(…) or oauth2(…), not both");
            }
            if (coordinator != null && oauth2 != null) {
                throw new IllegalStateException(
                        "a quota coordinator knows an account by its key, and an access token that renews itself is none:"
                                + " leave out quotaCoordinator(…), or use credentials(…)");
            }
            ApiEndpoint endpoint = ApiEndpoint.of(baseUrl, plaintextAllowed);
            String userAgent = UserAgent.of(userAgentSuffix);
            KeyRing ring = keys != null
                    ? keys
                    : KeyRing.of(RenewingCredentials.create(Objects.requireNonNull(oauth2), connections, userAgent));
            NettyTransport transport =
                    new NettyTransport(endpoint, connections, userAgent, Schedulers.parallel(), httpClient);
            return new DefaultCloseCrmClient(ring, connections, retry, quota, coordinator, transport);
        }
    }
}
