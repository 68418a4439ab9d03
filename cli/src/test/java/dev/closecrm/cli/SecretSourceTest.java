package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.cli.SecretSource.Secret;
import dev.closecrm.cli.input.UsageException;
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

    private static final Secret KEY = new Secret.Keys(Credentials.keys("api_secret.key"));

    @TempDir
    private Path directory;

    @Test
    void readsTheKeyFromTheEnvironment() {
        assertThat(new SecretSource(Map.of("CLOSE_API_KEY", "api_secret.key")).secret(null))
                .isEqualTo(KEY);
    }

    @Test
    void readsSeveralKeys() {
        assertThat(new SecretSource(Map.of("CLOSE_API_KEY", "one,two,three")).secret(null))
                .isEqualTo(new Secret.Keys(Credentials.keys("one", "two", "three")));
        assertThatThrownBy(() -> new SecretSource(Map.of("CLOSE_API_KEY", "one,,three")).secret(null))
                .isInstanceOf(UsageException.class)
                .hasMessage("CLOSE_API_KEY cannot be used: key 2 of 3: the API key is empty");
    }

    @Test
    void readsATokenFromTheEnvironment() {
        assertThat(new SecretSource(Map.of("CLOSE_ACCESS_TOKEN", "token")).secret(null))
                .isEqualTo(new Secret.One(Credentials.accessToken("token")));
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
        assertThat(new SecretSource(Map.of()).secret(file(text))).isEqualTo(KEY);
    }

    @Test
    void prefersTheFileThatWasNamed() throws IOException {
        Map<String, String> environment = Map.of("CLOSE_API_KEY", "other", "CLOSE_ACCESS_TOKEN", "other");

        assertThat(new SecretSource(environment).secret(file("api_secret.key"))).isEqualTo(KEY);
    }

    @Test
    void doesNotGuessBetweenAKeyAndAToken() {
        Map<String, String> environment = Map.of("CLOSE_API_KEY", "one", "CLOSE_ACCESS_TOKEN", "two");

        assertThatThrownBy(() -> new SecretSource(environment).secret(null))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("both set");
    }

    @Test
    void saysWhereToPutCredentialsIfThereAreNone() {
        assertThatThrownBy(() -> new SecretSource(Map.of("CLOSE_API_KEY", "")).secret(null))
                .isInstanceOf(UsageException.class)
                .hasMessageContainingAll("CLOSE_API_KEY", "CLOSE_ACCESS_TOKEN", "--api-key-file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sec ret", "secret\n", "sec\u00e9ret", "sec:ret"})
    void refusesABadKeyWithoutRepeatingIt(String key) {
        assertThatThrownBy(() -> new SecretSource(Map.of("CLOSE_API_KEY", key)).secret(null))
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

        assertThatThrownBy(() -> new SecretSource(Map.of()).secret(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("the API key in " + file + " cannot be used: the API key is empty");
    }

    @Test
    void namesAFileThatIsMissing() {
        Path file = directory.resolve("missing");

        assertThatThrownBy(() -> new SecretSource(Map.of()).secret(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot read the API key: " + file + ": no such file or directory");
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("key"), text);
    }
}
