package dev.closecrm.reactor.readme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RouterFunctions;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/** The README's code compiles, is what stands in the README, and does what the README says. */
class ReadmeTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Test
    void theWebFluxHandlerAnswersForTheClient() {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(1);
                CloseCrmClient client = client(sandbox)) {
            DisposableServer web = HttpServer.create()
                    .host("127.0.0.1")
                    .port(0)
                    .handle(new ReactorHttpHandlerAdapter(RouterFunctions.toHttpHandler(RouterFunctions.route()
                            .DELETE("/contacts/{id}", new ContactHandler(client)::delete)
                            .build())))
                    .bindNow(LIMIT);
            try {
                String id = sandbox.contactIds().get(0);
                assertThat(delete(web, id)).isEqualTo(204);
                assertThat(sandbox.contains(id)).isFalse();
                assertThat(delete(web, id)).isEqualTo(404);
                assertThat(delete(web, "lead_x")).isEqualTo(400);
            } finally {
                web.disposeNow(LIMIT);
            }
        }
    }

    @Test
    void theStreamReportsOnEachContact() {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(3);
                CloseCrmClient client = client(sandbox)) {
            Flux<String> ids = Flux.fromIterable(sandbox.contactIds()).concatWithValues("cont_nobody", "lead_x");
            List<String> lines = Snippets.report(client, ids).collectList().block(LIMIT);
            assertThat(lines).hasSize(5).anyMatch(line -> line.startsWith("lead_x: not a contact id"));
            assertThat(lines).filteredOn(line -> line.endsWith(": deleted")).hasSize(3);
            assertThat(lines).contains("cont_nobody: was not there");
        }
    }

    @Test
    void theReadmeShowsTheCodeThatIsTestedHere() throws Exception {
        String readme = dense(Files.readString(Path.of("../README.md")));
        for (String file : List.of("ContactHandler.java", "Snippets.java")) {
            String source = Files.readString(Path.of("src/test/java/dev/closecrm/reactor/readme/" + file));
            String[] parts = source.split("// README: ", -1);
            for (int i = 1; i < parts.length; i += 2) {
                String code = parts[i].substring(parts[i].indexOf('\n'));
                assertThat(readme).contains(dense(code));
            }
        }
    }

    /** Without white space: the formatter and the README break lines in different places. */
    private static String dense(String text) {
        return text.replaceAll("\\s+", "");
    }

    private static int delete(DisposableServer web, String id) {
        return HttpClient.create()
                .delete()
                .uri("http://127.0.0.1:" + web.port() + "/contacts/" + id)
                .responseSingle((response, body) -> body.asString()
                        .defaultIfEmpty("")
                        .thenReturn(response.status().code()))
                .block(LIMIT);
    }

    private static CloseCrmClient client(CloseCrmSandbox sandbox) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(sandbox.apiKey()))
                .baseUrl(sandbox.baseUrl())
                .build();
    }
}
