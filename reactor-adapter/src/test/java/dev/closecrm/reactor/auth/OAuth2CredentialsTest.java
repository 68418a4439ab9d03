package dev.closecrm.reactor.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class OAuth2CredentialsTest {

    private static final TokenStore STORE = issued -> Mono.empty();

    @Test
    void theDefaultsAreThoseOfTheService() {
        OAuth2Credentials oauth = complete().build();
        assertThat(oauth.tokenEndpoint()).isEqualTo(URI.create("https://api.close.com/oauth2/token/"));
        assertThat(oauth.refreshBeforeExpiry()).isEqualTo(Duration.ofSeconds(60));
        assertThat(oauth.refreshTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> OAuth2Credentials.builder().build())
                .withMessageContaining("clientId(…)");
        assertThatIllegalStateException()
                .isThrownBy(() -> OAuth2Credentials.builder().clientId("id").build())
                .withMessageContaining("clientSecret(…)");
        assertThatIllegalStateException()
                .isThrownBy(() -> OAuth2Credentials.builder()
                        .clientId("id")
                        .clientSecret("s")
                        .build())
                .withMessageContaining("refreshToken(…)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s3cret\n", " s3cret", "s3cret\u0000", "s3crät"})
    void whatCannotBeASecretIsRefusedWithoutBeingRepeated(String text) {
        List<UnaryOperator<OAuth2Credentials.Builder>> setters = List.of(
                builder -> builder.clientId(text),
                builder -> builder.clientSecret(text),
                builder -> builder.refreshToken(text),
                builder -> builder.accessToken(text),
                builder -> builder.accessToken(text, Instant.EPOCH));
        for (UnaryOperator<OAuth2Credentials.Builder> setter : setters) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> setter.apply(complete()))
                    .withMessageNotContaining("s3cr");
        }
    }

    @Test
    void whatIsNullIsSaidToBe() {
        assertThatNullPointerException()
                .isThrownBy(() -> complete().clientSecret(null))
                .withMessageContaining("client secret is null; is the variable it comes from set?");
        assertThatNullPointerException().isThrownBy(() -> complete().tokenStore(null));
        assertThatNullPointerException().isThrownBy(() -> complete().tokenEndpoint(null));
        assertThatNullPointerException().isThrownBy(() -> complete().accessToken("a", null));
    }

    @Test
    void timesHaveLimits() {
        assertThat(complete().refreshBeforeExpiry(Duration.ZERO).build().refreshBeforeExpiry())
                .isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> complete().refreshBeforeExpiry(Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> complete().refreshBeforeExpiry(Duration.ofDays(2)));
        assertThatIllegalArgumentException().isThrownBy(() -> complete().refreshTimeout(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> complete().refreshTimeout(Duration.ofHours(1)));
    }

    @Test
    void theEndpointIsCheckedAtOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().tokenEndpoint(URI.create("http://login.example/token")))
                .withMessageContaining("use https");
    }

    @Test
    void nothingShowsASecret() {
        OAuth2Credentials.Builder builder = complete().accessToken("access-1", Instant.EPOCH);
        assertThat(builder + " " + builder.build() + " " + RefreshToken.of("refresh-1"))
                .doesNotContain("client-1", "secret-1", "refresh-1", "access-1")
                .contains("***", "api.close.com");
        for (Class<?> type : List.of(OAuth2Credentials.class, RefreshToken.class, OAuth2Credentials.Builder.class)) {
            assertThat(Serializable.class.isAssignableFrom(type)).isFalse();
        }
    }

    @Test
    void equalMeansEqualInEverything() {
        OAuth2Credentials one = complete().build();
        assertThat(one)
                .isEqualTo(complete().build())
                .hasSameHashCodeAs(complete().build());
        List<UnaryOperator<OAuth2Credentials.Builder>> changes = List.of(
                builder -> builder.clientId("other"),
                builder -> builder.clientSecret("other"),
                builder -> builder.refreshToken("other"),
                builder -> builder.accessToken("other"),
                builder -> builder.accessToken("access-1", Instant.EPOCH),
                builder -> builder.tokenStore(issued -> Mono.empty()),
                builder -> builder.tokenEndpoint(URI.create("https://login.example/")),
                builder -> builder.refreshBeforeExpiry(Duration.ZERO),
                builder -> builder.refreshTimeout(Duration.ofSeconds(1)));
        for (UnaryOperator<OAuth2Credentials.Builder> change : changes) {
            assertThat(change.apply(complete()).build()).isNotEqualTo(one);
        }
        assertThat(RefreshToken.of("a")).isEqualTo(RefreshToken.of("a")).isNotEqualTo(RefreshToken.of("b"));
        assertThat(RefreshToken.of("a")).hasSameHashCodeAs(RefreshToken.of("a"));
    }

    @Test
    void aClientHasCredentialsOfExactlyOneKind() {
        assertThatIllegalStateException()
                .isThrownBy(() -> CloseCrmClient.builder().build())
                .withMessageContaining("missing");
        assertThatIllegalStateException()
                .isThrownBy(() -> CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .oauth2(complete().build())
                        .build())
                .withMessageContaining("not both");
        assertThatNullPointerException()
                .isThrownBy(() -> CloseCrmClient.builder().oauth2(null));
    }

    private static OAuth2Credentials.Builder complete() {
        return OAuth2Credentials.builder()
                .clientId("client-1")
                .clientSecret("secret-1")
                .refreshToken("refresh-1")
                .tokenStore(STORE);
    }
}
