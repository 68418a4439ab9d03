package dev.closecrm.reactor.http;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.engine.response.AttemptResult;
import reactor.core.publisher.Mono;

/** Sends one request and reads one answer. */
@FunctionalInterface
public interface Exchange {

    /**
     * Asks the service to delete a contact, once. Subscribing sends; cancelling closes the connection.
     *
     * @param id the contact
     * @return emits how it went; never an error
     */
    Mono<AttemptResult> delete(ContactId id);
}
