package dev.closecrm.reactor.http;

import dev.closecrm.core.engine.token.RefreshForm;
import dev.closecrm.core.engine.token.TokenAnswer;
import reactor.core.publisher.Mono;

/** Asks the token endpoint once. */
public interface TokenExchange {

    /**
     * Asks for a new access token. Subscribing sends; cancelling closes the connection.
     *
     * @param form what to ask with
     * @return emits how it went; never an error
     */
    Mono<TokenAnswer> refresh(RefreshForm form);

    /**
     * Closes the connection of an exchange under way, and lets no other begin.
     *
     * @return completes when it is closed; works on subscription
     */
    Mono<Void> disposeLater();
}
