package dev.closecrm.reactor.auth;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.quota.QuotaAccount;
import reactor.core.publisher.Mono;

/** Credentials that never change. */
final class FixedCredentials implements CredentialsSource {

    private final Credentials credentials;
    private final Mono<Credentials> current;

    FixedCredentials(Credentials credentials) {
        this.credentials = credentials;
        this.current = Mono.just(credentials);
    }

    @Override
    public Mono<Credentials> current() {
        return current;
    }

    @Override
    public boolean constant() {
        return true;
    }

    @Override
    public QuotaAccount account() {
        return QuotaAccount.of(credentials);
    }

    @Override
    public Mono<Credentials> afterRefusal(Credentials refused) {
        return Mono.empty();
    }

    @Override
    public String toString() {
        return "fixed credentials";
    }
}
