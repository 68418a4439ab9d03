package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The bytes of a request: what the service sees of us, and nothing more. */
class RequestOnTheWireTest {

    @Test
    void aRequestCarriesWhatItNeedsAndNothingElse() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .baseUrl(server.baseUrl())
                        .userAgentSuffix("cleaner/2.1")
                        .build()) {
            client.deleteContact("cont_1").block(Duration.ofSeconds(20));

            String request = server.requests().get(0).text();
            List<String> lines =
                    request.lines().map(line -> line.toLowerCase(Locale.ROOT)).toList();
            assertThat(lines.get(0)).isEqualTo("delete /api/v1/contact/cont_1/ http/1.1");
            assertThat(lines.subList(1, lines.size()).stream().filter(line -> !line.isEmpty()))
                    .containsExactlyInAnyOrder(
                            "user-agent: closecrm-reactive/0.1.0-snapshot cleaner/2.1",
                            "accept: application/json",
                            "host: localhost:" + server.baseUrl().getPort(),
                            "authorization: basic yxbpx3rlc3q6");
        }
    }
}
