package dev.closecrm.core.engine.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.closecrm.core.ContactId;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiEndpointTest {

    @ParameterizedTest
    @CsvSource({
        "https://api.close.com, https://api.close.com:443/api/v1/contact/cont_a/",
        "https://api.close.com/, https://api.close.com:443/api/v1/contact/cont_a/",
        "https://api.close.com/api/v1, https://api.close.com:443/api/v1/contact/cont_a/",
        "https://api.close.com/api/v1/, https://api.close.com:443/api/v1/contact/cont_a/",
        "HTTPS://api.close.com:8443, https://api.close.com:8443/api/v1/contact/cont_a/",
        "http://localhost:8080, http://localhost:8080/api/v1/contact/cont_a/",
        "http://LOCALHOST, http://LOCALHOST:80/api/v1/contact/cont_a/",
        "http://127.0.0.1:1, http://127.0.0.1:1/api/v1/contact/cont_a/",
        "http://127.9.8.7:1, http://127.9.8.7:1/api/v1/contact/cont_a/",
        "https://api.close.com:65535, https://api.close.com:65535/api/v1/contact/cont_a/",
        "http://[0:0:0:0:0:0:0:1], http://[0:0:0:0:0:0:0:1]:80/api/v1/contact/cont_a/",
        "http://[::1]:80, http://[::1]:80/api/v1/contact/cont_a/",
    })
    void theUrlOfAContactIsAbsoluteAndSpellsOutItsPort(String baseUrl, String expected) {
        ApiEndpoint endpoint = ApiEndpoint.of(URI.create(baseUrl), false);
        assertThat(endpoint.contact(ContactId.of("cont_a"))).hasToString(expected);
        assertThat(endpoint.secure()).isEqualTo(expected.startsWith("https"));
        assertThat(expected).startsWith(endpoint.url() + "/");
        assertThat(endpoint.url().getPort()).isPositive();
        assertThat(expected).startsWith(endpoint.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api.close.com",
                "//api.close.com",
                "ftp://api.close.com",
                "https:///api/v1",
                "https:api.close.com",
                "https://api.close.com/api",
                "https://api.close.com/api/v2",
                "https://api.close.com//api/v1",
                "https://api.close.com/api/v1/contact",
                "https://api.close.com?x=1",
                "https://api.close.com/api/v1/?",
                "https://api.close.com#x",
                "https://api.close.com:0",
                "https://api.close.com:65536",
            })
    void whatIsNoBaseUrlIsRefused(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiEndpoint.of(URI.create(baseUrl), true))
                .withMessageContaining("base URL");
    }

    @Test
    void aHostThatIsNoHostIsNotTakenForUserInfo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiEndpoint.of(URI.create("https://under_score.example"), true))
                .withMessage("the base URL must be like https://api.close.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://key:@api.close.com",
                "https://user:pass@api_x.close.com",
                "https://key@api.close.com/api/v1"
            })
    void userInfoIsRefusedWithoutRepeatingIt(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiEndpoint.of(URI.create(baseUrl), true))
                .withMessage("the base URL carries user info; give the API key to credentials(…) instead");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.close.com",
                "http://10.0.0.1",
                "http://127.0.0.1.evil.example",
                "http://localhost.evil.example",
                "http://128.0.0.1",
                "http://[::2]",
                "http://0.0.0.0",
            })
    void plaintextBeyondLoopbackNeedsItsOwnWord(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiEndpoint.of(URI.create(baseUrl), false))
                .withMessageContaining("allowPlaintext()");
        assertThat(ApiEndpoint.of(URI.create(baseUrl), true).secure()).isFalse();
    }

    @Test
    void theUrlHasNothingThatNormalizationWouldChange() {
        URI url = ApiEndpoint.of(URI.create("https://api.close.com"), false).contact(ContactId.of("cont_Zz09"));
        assertThat(url.normalize()).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https:user:s3cret@api.close.com",
                "user:s3cret@api.close.com",
                "https://api.close.com?api_key=s3cret",
                "https://api.close.com/#s3cret",
            })
    void whatMayHoldASecretIsNotRepeated(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiEndpoint.of(URI.create(baseUrl), true))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cret"));
    }
}
