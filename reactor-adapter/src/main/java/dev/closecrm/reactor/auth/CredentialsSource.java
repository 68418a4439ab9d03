package dev.closecrm.reactor.auth;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.quota.QuotaAccount;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Where the credentials of the next attempt come from. For the client itself; users choose with
 * {@link dev.closecrm.reactor.CloseCrmClient.Builder}.
 */
public interface CredentialsSource {

    /**
     * The credentials to use now, if they are at hand.
     *
     * @return the credentials, or null if {@link #current()} has to be waited for
     */
    default @Nullable Credentials ready() {
        return null;
    }

    /**
     * The credentials to use now. Does not block; cancelling only stops waiting.
     *
     * @return emits one value, or fails with {@link RenewalException}
     */
    Mono<Credentials> current();

    /**
     * Whose quota these credentials use.
     *
     * @return the account, or null if they change
     */
    default @Nullable QuotaAccount account() {
        return null;
    }

    /**
     * Asks for others, after the service has refused some with 401. Does not block; cancelling only stops waiting.
     *
     * @param refused the credentials of that attempt
     * @return emits credentials other than those, renewed now or by somebody else before; empty if there are none; fails with
     *     {@link RenewalException}
     */
    Mono<Credentials> afterRefusal(Credentials refused);

    /**
     * Waits for what must not be cut off, such as a renewal whose answer brings the only copy of the next refresh token.
     *
     * @return completes when nothing is under way
     */
    default Mono<Void> settled() {
        return Mono.empty();
    }

    /**
     * Gives back what the source owns, at once.
     *
     * @return completes when that is done; works on subscription
     */
    default Mono<Void> disposeLater() {
        return Mono.empty();
    }

    /**
     * Credentials that never change.
     *
     * @param credentials an API key or an access token
     * @return a source of just these
     */
    static CredentialsSource fixed(Credentials credentials) {
        return new FixedCredentials(credentials);
    }
}
