package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.core.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretSourceTest {

    private static final Credentials KEY = Credentials.apiKey("api_secret.key");

    @TempDir
    private Path directory;

    @Test
    void readsTheKeyFromTheEnvironment() {
        assertThat(new SecretSource(Map.of("CLOSE_API_KEY", "api_secret.key")).credentials(null))
                .isEqualTo(KEY);
    }

    @Test
    void readsATokenFromTheEnvironment() {
        assertThat(new SecretSource(Map.of("CLOSE_ACCESS_TOKEN", "token")).credentials(null))
                .isEqualTo(Credentials.accessToken("token"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api_secret.key",
                "api_secret.key\n",
                "api_secret.key\r\n",
                "api_secret.key\nand more\n",
                "\ufeffapi_secret.key\n"
            })
    void readsTheFirstLineOfAFile(String text) throws IOException {
        assertThat(new SecretSource(Map.of()).credentials(file(text))).isEqualTo(KEY);
    }

    @Test
    void prefersTheFileThatWasNamed() throws IOException {
        Map<String, String> environment = Map.of("CLOSE_API_KEY", "other", "CLOSE_ACCESS_TOKEN", "other");

        assertThat(new SecretSource(environment).credentials(file("api_secret.key")))
                .isEqualTo(KEY);
    }

    @Test
    void doesNotGuessBetweenAKeyAndAToken() {
        Map<String, String> environment = Map.of("CLOSE_API_KEY", "one", "CLOSE_ACCESS_TOKEN", "two");

        assertThatThrownBy(() -> new SecretSource(environment).credentials(null))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("both set");
    }

    @Test
    void saysWhereToPutCredentialsIfThereAreNone() {
        assertThatThrownBy(() -> new SecretSource(Map.of("CLOSE_API_KEY", "")).credentials(null))
                .isInstanceOf(UsageException.class)
                .hasMessageContainingAll("CLOSE_API_KEY", "CLOSE_ACCESS_TOKEN", "--api-key-file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sec ret", "secret\n", "sec\u00e9ret", "sec:ret"})
    void refusesABadKeyWithoutRepeatingIt(String key) {
        assertThatThrownBy(() -> new SecretSource(Map.of("CLOSE_API_KEY", key)).credentials(null))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("CLOSE_API_KEY cannot be used: ")
                .hasNoCause()
                .extracting(Throwable::getMessage)
                .asString()
                .doesNotContain("ret");
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        Path file = file("");

        assertThatThrownBy(() -> new SecretSource(Map.of()).credentials(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("the API key in " + file + " cannot be used: the API key is empty");
    }

    @Test
    void namesAFileThatIsMissing() {
        Path file = directory.resolve("missing");

        assertThatThrownBy(() -> new SecretSource(Map.of()).credentials(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot read the API key: " + file + ": no such file or directory");
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("key"), text);
    }
}
