package dev.closecrm.reactor.readme;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.reactor.CloseCrmClient;
import reactor.core.publisher.Flux;

/** The code that the README shows beside the handler. */
final class Snippets {

    private Snippets() {}

    static CloseCrmClient client() {
        // README: a client
        CloseCrmClient closeCrm = CloseCrmClient.builder()
                .credentials(Credentials.apiKey(System.getenv("CLOSE_API_KEY")))
                .build();
        // README: end
        return closeCrm;
    }

    // README: a stream
    static Flux<String> report(CloseCrmClient closeCrm, Flux<String> ids) {
        return closeCrm.deleteContacts(ids).map(result -> result.item() + ": " + inWords(result.outcome()));
    }

    static String inWords(DeleteOutcome outcome) {
        return outcome.fold(
                deleted -> "deleted",
                notFound -> "was not there",
                failed -> failed.error().getMessage(),
                notAttempted -> "not sent, " + notAttempted.reason(),
                duplicate -> "same contact as item " + duplicate.firstIndex());
    }
    // README: end
}
