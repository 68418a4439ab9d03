package dev.closecrm.reactor.auth;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.reactor.quota.QuotaAccount;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The credentials of one tenant, by number: one source, or several keys of one organisation. For the client itself.
 *
 * @param sources at least one
 */
public record KeyRing(List<CredentialsSource> sources) {

    /**
     * A ring of one.
     *
     * @param source where its credentials come from
     * @return the ring
     */
    public static KeyRing of(CredentialsSource source) {
        return new KeyRing(List.of(source));
    }

    /**
     * A ring of several keys.
     *
     * @param keys the keys
     * @return the ring
     */
    public static KeyRing of(ApiKeys keys) {
        return new KeyRing(keys.all().stream().map(CredentialsSource::fixed).toList());
    }

    /**
     * How many there are.
     *
     * @return at least 1
     */
    public int size() {
        return sources.size();
    }

    /**
     * One of them.
     *
     * @param key its number, from 0
     * @return where its credentials come from
     */
    public CredentialsSource source(int key) {
        return sources.get(key);
    }

    /**
     * Whose quota each of them uses.
     *
     * @return the accounts, by number
     * @throws IllegalStateException if one changes
     */
    public List<QuotaAccount> accounts() {
        return sources.stream().map(KeyRing::account).toList();
    }

    private static QuotaAccount account(CredentialsSource source) {
        QuotaAccount account = source.account();
        if (account == null) {
            throw new IllegalStateException("credentials that renew themselves have no account");
        }
        return account;
    }

    /**
     * As {@link CredentialsSource#settled()}, for all.
     *
     * @return completes when nothing is under way
     */
    public Mono<Void> settled() {
        return Flux.fromIterable(sources).concatMap(CredentialsSource::settled).then();
    }

    /**
     * As {@link CredentialsSource#disposeLater()}, for all.
     *
     * @return completes when that is done
     */
    public Mono<Void> disposeLater() {
        return Flux.fromIterable(sources)
                .concatMap(CredentialsSource::disposeLater)
                .then();
    }
}
