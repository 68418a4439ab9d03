package dev.closecrm.reactor.auth;

import reactor.core.publisher.Mono;

/**
 * Keeps the refresh token where it survives the process. Some services issue a new refresh token with each renewal and void the
 * old one; then the new one is the only key to the account, and must not be lost.
 */
@FunctionalInterface
public interface TokenStore {

    /**
     * Saves a refresh token in the place of the one before. Called when the token endpoint has issued one that differs from the
     * last, <b>before</b> it and the access token that came with it are used, and never twice at the same time.
     *
     * <p>Calls wait for it. If it fails or takes longer than {@link OAuth2Credentials.Builder#refreshTimeout}, they fail with a
     * retryable {@link dev.closecrm.core.error.TokenRefreshException}, and the next call has the same token saved again before
     * anything else: so saving one twice must do no harm. Only the name of the error's class is passed on, since its text may
     * quote the token.
     *
     * <p>Runs on an event loop and must not block there: put blocking work on another scheduler.
     *
     * @param issued the token from now on
     * @return completes when the token is safe
     */
    Mono<Void> save(RefreshToken issued);
}
