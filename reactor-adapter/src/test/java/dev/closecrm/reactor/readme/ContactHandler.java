package dev.closecrm.reactor.readme;

import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.reactor.CloseCrmClient;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** The handler that the README shows; {@code ReadmeTest} compares the two and runs it. */
final class ContactHandler {

    private final CloseCrmClient closeCrm;

    ContactHandler(CloseCrmClient closeCrm) {
        this.closeCrm = closeCrm;
    }

    // README: WebFlux handler
    Mono<ServerResponse> delete(ServerRequest request) {
        return closeCrm.deleteContactIfExists(request.pathVariable("id"))
                .flatMap(deleted -> ServerResponse.status(deleted ? 204 : 404).build())
                .onErrorResume(
                        InvalidContactIdException.class,
                        e -> ServerResponse.badRequest().build());
    }
    // README: end
}
