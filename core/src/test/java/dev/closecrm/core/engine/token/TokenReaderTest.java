package dev.closecrm.core.engine.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.engine.response.ResponseHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of what an answer of the token endpoint means. */
class TokenReaderTest {

    private static final RefreshForm FORM = RefreshForm.of("client", "s3cret+/", "refresh-1");
    private static final String TOKEN = "\"access_token\": \"a1\"";

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            {"access_token": "a1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r2"} | 3600 | r2
            {"access_token": "a1", "token_type": "bearer", "expires_in": 3600} | 3600 | none
            {"access_token": "a1"}                                             | none | none
            {"access_token": "a1", "expires_in": "3600"}                       | 3600 | none
            {"access_token": "a1", "expires_in": " 3600 "}                     | 3600 | none
            {"access_token": "a1", "expires_in": 3600.9}                       | 3600 | none
            {"access_token": "a1", "expires_in": 1}                            | 1    | none
            {"access_token": "a1", "expires_in": 0.9}                          | none | none
            {"access_token": "a1", "expires_in": 0}                            | none | none
            {"access_token": "a1", "expires_in": -1}                           | none | none
            {"access_token": "a1", "expires_in": "-1"}                         | none | none
            {"access_token": "a1", "expires_in": "soon"}                       | none | none
            {"access_token": "a1", "expires_in": null}                         | none | none
            {"access_token": "a1", "expires_in": [3600]}                       | none | none
            {"access_token": "a1", "expires_in": 1e12}                         | 315360000 | none
            {"access_token": "a1", "expires_in": 99999999999999999999}         | 315360000 | none
            {"access_token": "a1", "expires_in": 1e999}                        | none | none
            {"access_token": "a1", "refresh_token": ""}                        | none | none
            {"access_token": "a1", "refresh_token": null}                      | none | none
            {"access_token": "a1", "refresh_token": 7}                         | none | none
            {"access_token": "a1", "token_type": null}                         | none | none
            {"access_token": "a1", "error": null, "scope": ["x", {"y": 1}]}    | none | none
            """)
    void aTokenIsTakenAndWhatIsStrangeBesideItIsLeft(
            String body, @Nullable Long expiresIn, @Nullable String refreshToken) {
        assertThat(read(200, body))
                .isEqualTo(new TokenAnswer.Granted(
                        Credentials.accessToken("a1"),
                        expiresIn == null ? null : Duration.ofSeconds(expiresIn),
                        refreshToken));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            200 |                                             | true  | it is not a JSON object
            200 | <html>Sign in</html>                        | true  | it is not a JSON object
            200 | ["a1"]                                      | true  | it is not a JSON object
            200 | {"access_token": "a1"} trailing             | true  | it is not a JSON object
            200 | {"access_token": "a                         | true  | it is not a JSON object
            200 | {}                                          | true  | no access_token
            200 | {"access_token": 7}                         | true  | no access_token
            200 | {"access_token": null}                      | true  | no access_token
            200 | {"access_token": ""}                        | true  | characters that a header cannot carry
            200 | {"access_token": "a\\r\\nHost: evil"}       | true  | characters that a header cannot carry
            200 | {"access_token": "a1", "token_type": "mac"} | false | not a bearer token
            200 | {"error": "invalid_grant"}                  | false | 200 invalid_grant
            201 | {"error": "slow_down"}                      | true  | 201 slow_down
            400 | {"error": "invalid_grant"}                  | false | 400 invalid_grant
            400 | {"error": "invalid_client", "error_description": "No such client."} | false | 400 invalid_client: No such client.
            400 | {"error": "temporarily_unavailable"}        | true  | 400 temporarily_unavailable
            400 |                                             | false | answered 400
            400 | <html></html>                               | false | answered 400
            401 | {"error": "invalid_client"}                 | false | 401 invalid_client
            401 |                                             | false | answered 401
            403 | {}                                          | false | answered 403
            404 | <html></html>                               | false | answered 404
            405 |                                             | false | answered 405
            301 |                                             | false | 301; redirects are not followed
            307 | {"access_token": "a1"}                      | false | 307; redirects are not followed
            408 |                                             | true  | answered 408
            429 | {"error": "rate limited"}                   | true  | answered 429
            500 | {"access_token": "a1"}                      | true  | answered 500
            502 | <html></html>                               | true  | answered 502
            503 |                                             | true  | answered 503
            500 | {"error": "invalid_grant"}                  | false | 500 invalid_grant
            999 |                                             | false | answered 999
            """)
    void everythingElseIsDeniedAndSaysWhetherToAskAgain(int status, String body, boolean retryable, String detail) {
        TokenAnswer.Denied denied = denied(status, body == null ? "" : body);
        assertThat(denied.detail()).contains(detail);
        assertThat(denied.retryable()).isEqualTo(retryable);
        assertThat(denied.cause()).isNull();
    }

    @Test
    void aBodyThatWasCutIsNotBelieved() {
        byte[] body = ("{" + TOKEN + "}").getBytes(StandardCharsets.UTF_8);
        assertThat(new TokenReader(FORM::redact).read(200, new OneHeader(null), body, false))
                .isInstanceOf(TokenAnswer.Denied.class);
    }

    @Test
    void hostileBodiesAreDenied() {
        for (String body : List.of(
                "[".repeat(60_000),
                "{\"a\":".repeat(10_000),
                "{" + TOKEN + ", \"x\": " + "[".repeat(16) + "]".repeat(16) + "}",
                "{" + TOKEN + ", \"expires_in\": " + "9".repeat(60_000) + "}",
                "\u0000\u0001")) {
            assertThat(read(200, body)).isInstanceOf(TokenAnswer.Denied.class);
        }
    }

    @Test
    void anEchoOfTheRequestShowsNoSecret() {
        String echo = new String(FORM.bytes(), StandardCharsets.US_ASCII);
        assertThat(echo).contains("s3cret%2B%2F", "refresh-1");
        TokenAnswer.Denied denied = denied(
                400,
                "{\"error\": \"refresh-1\", \"error_description\": \"" + echo + " s3cret+/ \\u202e\\n" + "x".repeat(500)
                        + "\"}");
        assertThat(denied.detail())
                .doesNotContain("s3cret", "refresh-1")
                .contains("***")
                .matches("[ -~]+")
                .hasSizeLessThan(300);
    }

    @Test
    void nothingShowsItsSecrets() {
        assertThat(FORM.toString()).doesNotContain("s3cret", "refresh-1");
        assertThat(read(200, "{" + TOKEN + ", \"refresh_token\": \"r2\"}").toString())
                .doesNotContain("a1", "r2");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "7, 7",
                " 7 , 7",
                "0, 0",
                "86400, 300",
                "9999999999, 300",
                "-1, none",
                "soon, none",
                "'Wed, 21 Oct 2015 07:28:00 GMT', none",
                "none, none"
            })
    void aRefusalMayAskToWaitForSoManySecondsAndNotForEver(@Nullable String header, @Nullable Long seconds) {
        TokenAnswer answer = new TokenReader(FORM::redact).read(429, new OneHeader(header), new byte[0], true);
        assertThat(((TokenAnswer.Denied) answer).retryAfter())
                .isEqualTo(seconds == null ? null : Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "ä€", "a&client_id=x", "100%", "a+b/c=="})
    void whateverTheSecretsHoldStaysInsideItsField(String value) {
        String form = new String(RefreshForm.of(value, value, value).bytes(), StandardCharsets.US_ASCII);
        String[] fields = form.split("&", -1);
        assertThat(fields).hasSize(4);
        assertThat(fields[0]).isEqualTo("grant_type=refresh_token");
        for (int i = 1; i < 4; i++) {
            String[] field = fields[i].split("=", -1);
            assertThat(field).hasSize(2);
            assertThat(java.net.URLDecoder.decode(field[1], StandardCharsets.UTF_8))
                    .isEqualTo(value);
        }
    }

    private static TokenAnswer.Denied denied(int status, String body) {
        return (TokenAnswer.Denied) read(status, body);
    }

    private static TokenAnswer read(int status, String body) {
        return new TokenReader(FORM::redact)
                .read(status, new OneHeader(null), body.getBytes(StandardCharsets.UTF_8), true);
    }

    /** Every header has the same value. */
    private record OneHeader(@Nullable String value) implements ResponseHeaders {
        @Override
        public List<String> all(String name) {
            return value == null ? List.of() : List.of(value);
        }

        @Override
        public @Nullable String first(String name) {
            return value;
        }
    }
}
