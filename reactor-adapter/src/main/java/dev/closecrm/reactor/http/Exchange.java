package dev.closecrm.reactor.http;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.response.AttemptResult;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** Sends one request and reads one answer. */
@FunctionalInterface
public interface Exchange {

    /**
     * Asks the service to delete a contact, once. Subscribing sends; cancelling closes the connection.
     *
     * @param id the contact
     * @param credentials on whose behalf
     * @param limit how long it may take in all, from subscription to the end of the answer
     * @return emits how it went; never an error
     */
    Mono<AttemptResult> delete(ContactId id, Credentials credentials, Duration limit);
}
