package dev.closecrm.reactor.auth;

import dev.closecrm.core.Credentials;
import reactor.core.publisher.Mono;

/** Where the credentials of the next attempt come from. */
public interface CredentialsSource {

    /**
     * The credentials to use now.
     *
     * @return emits one value; does not block
     */
    Mono<Credentials> current();

    /**
     * What to use after the service has refused some credentials.
     *
     * @param refused what it refused
     * @return emits other credentials, or is empty if there are none
     */
    Mono<Credentials> afterRefusal(Credentials refused);

    /**
     * The same credentials always.
     *
     * @param credentials an API key or an access token
     * @return a source without any state
     */
    static CredentialsSource fixed(Credentials credentials) {
        Mono<Credentials> always = Mono.just(credentials);
        return new CredentialsSource() {
            @Override
            public Mono<Credentials> current() {
                return always;
            }

            @Override
            public Mono<Credentials> afterRefusal(Credentials refused) {
                return Mono.empty();
            }
        };
    }
}
