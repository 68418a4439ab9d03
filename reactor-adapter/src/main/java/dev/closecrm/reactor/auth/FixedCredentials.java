package dev.closecrm.reactor.auth;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.quota.QuotaAccount;
import reactor.core.publisher.Mono;

/** Credentials that never change. */
final class FixedCredentials implements CredentialsSource {

    private final Credentials credentials;

    FixedCredentials(Credentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public Credentials ready() {
        return credentials;
    }

    @Override
    public Mono<Credentials> current() {
        return Mono.just(credentials);
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
