package dev.closecrm.reactor.readme;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.auth.TokenStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The code that docs/oauth.md shows. */
final class OAuthSetup {

    private OAuthSetup() {}

    static CloseCrmClient client(Path tokenFile) throws IOException {
        // GUIDE: a client
        CloseCrmClient closeCrm = CloseCrmClient.builder()
                .oauth2(OAuth2Credentials.builder()
                        .clientId(System.getenv("CLOSE_CLIENT_ID"))
                        .clientSecret(System.getenv("CLOSE_CLIENT_SECRET"))
                        .refreshToken(Files.readString(tokenFile))
                        .tokenStore(inFile(tokenFile))
                        .build())
                .build();
        // GUIDE: end
        return closeCrm;
    }

    // GUIDE: a store
    static TokenStore inFile(Path file) {
        return issued -> Mono.fromCallable(() -> {
                    Path next = file.resolveSibling(file.getFileName() + ".new");
                    Files.writeString(next, issued.value());
                    return Files.move(next, file, ATOMIC_MOVE);
                })
                .subscribeOn(Schedulers.boundedElastic())
                .then();
    }
    // GUIDE: end
}
