package dev.closecrm.reactor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.token.RefreshForm;
import dev.closecrm.core.engine.token.TokenAnswer;
import dev.closecrm.reactor.http.TokenExchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A token endpoint whose answers a test gives by hand, in one thread. */
final class ScriptedEndpoint implements TokenExchange {

    private final List<String> forms = new ArrayList<>();
    private Sinks.@Nullable One<TokenAnswer> open;
    private boolean cancelled;
    private boolean disposed;

    @Override
    public Mono<TokenAnswer> refresh(RefreshForm form) {
        return Mono.defer(() -> {
            assertThat(open).as("a renewal while another is under way").isNull();
            forms.add(new String(form.bytes(), StandardCharsets.US_ASCII));
            Sinks.One<TokenAnswer> asked = Sinks.one();
            open = asked;
            return asked.asMono().doOnCancel(() -> {
                cancelled = true;
                open = null;
            });
        });
    }

    @Override
    public Mono<Void> disposeLater() {
        return Mono.fromRunnable(() -> disposed = true);
    }

    void grants(String token, @Nullable Duration expiresIn, @Nullable String refreshToken) {
        answers(new TokenAnswer.Granted(Credentials.accessToken(token), expiresIn, refreshToken));
    }

    void denies(String detail, boolean retryable) {
        answers(new TokenAnswer.Denied(detail, retryable, null, null));
    }

    void answers(TokenAnswer answer) {
        taken().tryEmitValue(answer).orThrow();
    }

    void breaks(Throwable error) {
        taken().tryEmitError(error).orThrow();
    }

    private Sinks.One<TokenAnswer> taken() {
        Sinks.One<TokenAnswer> asked = open;
        assertThat(asked).as("a renewal under way").isNotNull();
        open = null;
        return asked;
    }

    /** The refresh tokens that were used, one for each renewal. */
    List<String> asked() {
        return forms.stream()
                .map(form -> form.substring(form.lastIndexOf('=') + 1))
                .toList();
    }

    boolean cancelled() {
        return cancelled;
    }

    boolean disposed() {
        return disposed;
    }
}
