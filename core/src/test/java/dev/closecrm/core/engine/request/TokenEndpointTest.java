package dev.closecrm.core.engine.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenEndpointTest {

    @ParameterizedTest
    @CsvSource({
        "https://api.close.com/oauth2/token/, https://api.close.com:443/oauth2/token/",
        "HTTPS://login.example:8443/t, https://login.example:8443/t",
        "https://login.example, https://login.example:443/",
        "http://localhost:8080/token, http://localhost:8080/token",
        "http://127.0.0.1/token, http://127.0.0.1:80/token",
        "http://[::1]:1/token, http://[::1]:1/token",
        "https://login.example:65535/token, https://login.example:65535/token",
        "https://login.example:1/token, https://login.example:1/token"
    })
    void anHttpsUrlOrALoopbackOneIsFine(URI url, String expected) {
        TokenEndpoint endpoint = TokenEndpoint.of(url);
        assertThat(endpoint).hasToString(expected);
        assertThat(endpoint.uri()).hasToString(expected);
        assertThat(endpoint.secure()).isEqualTo(expected.startsWith("https"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.close.com/oauth2/token/",
                "http://127.0.0.1.evil.example/token",
                "http://localhost.evil.example/token",
                "ftp://localhost/token",
                "/oauth2/token/",
                "mailto:a@b",
                "https://login.example:65536/",
                "https://login.example:0/",
                "//login.example/token",
                "https://login.example/t?s3cret=1",
                "https://login.example/t#s3cret",
                "https://id:s3cret@login.example/t",
                "https://id:s3cret@login_example/t"
            })
    void everythingElseIsRefusedWithoutRepeatingWhatMayBeASecret(URI url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TokenEndpoint.of(url))
                .withMessageContaining("token endpoint")
                .withMessageNotContaining("s3cret");
    }
}
