package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.Serializable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {

    @Test
    void anApiKeyIsTheUserNameWithAnEmptyPassword() {
        assertThat(Credentials.apiKey("api_key1.secret").authorization()).isEqualTo("Basic YXBpX2tleTEuc2VjcmV0Og==");
    }

    @Test
    void anAccessTokenIsABearerToken() {
        assertThat(Credentials.accessToken("tok.en-1_~+/=").authorization()).isEqualTo("Bearer tok.en-1_~+/=");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "s3cr3t ",
                " s3cr3t",
                "s3cr3t\n",
                "s3cr3t\r\nX: y",
                "a:b",
                "schlüssel",
                "s3cr3t\u0000",
                "k\u007f"
            })
    void whatCannotBePartOfAKeyIsRefusedWithoutRepeatingIt(String secret) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Credentials.apiKey(secret))
                .withMessageContaining("API key")
                .satisfies(e -> {
                    if (secret.strip().length() > 1) {
                        assertThat(e.getMessage()).doesNotContain(secret.strip());
                    }
                });
        assertThatIllegalArgumentException().isThrownBy(() -> Credentials.accessToken(secret));
        assertThatNullPointerException().isThrownBy(() -> Credentials.apiKey(null));
    }

    @Test
    void theSecretIsNotPrintedAndNotSerialized() {
        assertThat(Credentials.apiKey("api_secret")).hasToString("Credentials[apiKey=***]");
        assertThat(Credentials.accessToken("token_secret")).hasToString("Credentials[accessToken=***]");
        assertThat(Credentials.apiKey("k")).isNotInstanceOf(Serializable.class);
    }

    @Test
    void anEchoOfTheSecretIsMaskedInEveryForm() {
        Credentials credentials = Credentials.apiKey("api_secret.1");
        String encoded = credentials.authorization().substring("Basic ".length());
        String echo =
                "you sent api_secret.1 as " + credentials.authorization() + ", that is " + encoded.replace("=", "");

        assertThat(credentials.redact(echo))
                .doesNotContain("api_secret.1", encoded, encoded.replace("=", ""))
                .contains("***");
        assertThat(credentials.redact("nothing to hide")).isEqualTo("nothing to hide");
    }

    @Test
    void equalSecretsOfOneKindAreEqual() {
        assertThat(Credentials.apiKey("a"))
                .isEqualTo(Credentials.apiKey("a"))
                .hasSameHashCodeAs(Credentials.apiKey("a"));
        assertThat(Credentials.apiKey("a")).isNotEqualTo(Credentials.apiKey("b"));
        assertThat(Credentials.apiKey("a")).isNotEqualTo(Credentials.accessToken("a"));
    }
}
