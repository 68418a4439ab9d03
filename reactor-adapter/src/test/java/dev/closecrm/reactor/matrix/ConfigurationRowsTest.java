package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.Protocol;
import dev.closecrm.reactor.CloseCrmClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 16, 87 and 88: what a client is built from, and what it finds around it. */
@ExtendWith(Watch.class)
class ConfigurationRowsTest {

    private static final String NO_HTTP = "no HTTP: it is refused before there is a client";

    @TempDir
    Path home;

    /** In a JVM of its own, whose environment has a trap: the port of a server that must hear nothing. */
    @ParameterizedTest
    @CsvSource({"true, HTTP_1_1", "true, HTTP_2", "false, HTTP_1_1", "false, HTTP_2"})
    void row16_thePortOfTheEnvironmentIsNotLookedAt(boolean portInTheUrl, Over over) throws Exception {
        try (Service server = Service.plain(over, Service.OK);
                RawTcp trap = RawTcp.start(RawTcp.SILENT)) {
            String baseUrl = portInTheUrl ? server.baseUrl().toString() : "http://127.0.0.1";
            ProcessBuilder child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            // Proxies of the environment and of system properties are not looked at either.
                            "-Dhttp.proxyHost=127.0.0.1",
                            "-Dhttp.proxyPort=" + trap.port(),
                            // Or else 127.0.0.1 would be an exception from it.
                            "-Dhttp.nonProxyHosts=",
                            "-DsocksProxyHost=",
                            OneDelete.class.getName(),
                            baseUrl,
                            over.protocol().name())
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("out.txt").toFile());
            child.environment().put("PORT", String.valueOf(trap.port()));
            child.environment().put("HTTP_PROXY", "http://127.0.0.1:" + trap.port());
            child.environment().put("http_proxy", "http://127.0.0.1:" + trap.port());
            Process process = child.start();
            try {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                process.destroyForcibly();
            }
            String said = Files.readString(home.resolve("out.txt"), StandardCharsets.UTF_8);
            assertThat(trap.connections()).as(said).isZero();
            if (portInTheUrl) {
                assertThat(said).contains("DELETED after 1");
                assertThat(server.requests()).hasSize(1);
            } else {
                // Nobody listens at port 80 here, or somebody who is not meant.
                assertThat(said).contains("ended as").doesNotContain(String.valueOf(trap.port()));
                assertThat(server.connections()).isZero();
            }
        }
    }

    /** The child's program. */
    static final class OneDelete {

        private OneDelete() {}

        public static void main(String[] args) {
            try (CloseCrmClient client = CloseCrmClient.builder()
                    .credentials(Credentials.apiKey(Watch.KEY))
                    .baseUrl(URI.create(args[0]))
                    .connections(ConnectionOptions.builder()
                            .protocol(Protocol.valueOf(args[1]))
                            .build())
                    .build()) {
                DeleteResult<ContactId> result =
                        client.tryDeleteContact(Small.ID).block(Small.LIMIT);
                System.out.println("ended as " + result.outcome().kind() + " after " + result.attempts() + " of "
                        + result.outcome());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.close.com",
                "https://user:s3cret@api.close.com",
                "https://user@api.close.com",
                "https://api.close.com?_fields=s3cret",
                "https://api.close.com/api/v1/?x"
            })
    @Row(runs = NO_HTTP)
    void row87_aBaseUrlThatIsNotSafeIsRefusedWhenTheClientIsBuilt(String baseUrl) {
        CloseCrmClient.Builder builder = CloseCrmClient.builder()
                .credentials(Credentials.apiKey(Watch.KEY))
                .baseUrl(URI.create(baseUrl));
        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessageContaining("base URL")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s3cret\r\nX-Evil: 1", "s3cret\n", "s3cret:x", ":"})
    @Row(runs = NO_HTTP)
    void row88_aKeyThatIsNoneIsRefusedBeforeAClientCanBeBuilt(String key) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Credentials.apiKey(key))
                .withMessageContaining("API key")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cret"));
    }

    @Test
    @Row(runs = NO_HTTP)
    void row88_aClientWithoutCredentialsIsNotBuilt() {
        assertThat(catchThrowable(() -> CloseCrmClient.builder().build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("credentials");
    }
}
