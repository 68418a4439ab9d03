package dev.closecrm.reactor.readme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.reactor.bulk.BulkProgress;
import dev.closecrm.reactor.bulk.IndexRange;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RouterFunctions;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/** The code of the README and of the guides compiles, is what stands there, and does what they say. */
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
    void theStoreOfTheGuideKeepsTheNewestRefreshToken(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "refresh-1");
        RawServer.Script rotating = (request, wire) ->
                wire.write(Answers.json(200, "{\"access_token\": \"a1\", \"refresh_token\": \"refresh-2\"}"));
        try (RawServer api = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer tokens = RawServer.plain(rotating);
                CloseCrmClient client = CloseCrmClient.builder()
                        .oauth2(OAuth2Credentials.builder()
                                .tokenEndpoint(tokens.baseUrl())
                                .clientId("client")
                                .clientSecret("secret")
                                .refreshToken(Files.readString(file))
                                .tokenStore(OAuthSetup.inFile(file))
                                .build())
                        .baseUrl(api.baseUrl())
                        .build()) {
            client.deleteContact("cont_1").block(LIMIT);
        }
        assertThat(file).hasContent("refresh-2");
    }

    @Test
    void theQueueOfTheGuideAcknowledgesWhatIsGone() {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(3);
                CloseCrmClient client = client(sandbox)) {
            List<String> acknowledged = new CopyOnWriteArrayList<>();
            Flux<BulkGuide.Message> messages = Flux.fromIterable(sandbox.contactIds())
                    .concatWithValues("cont_nobody")
                    .map(id -> new BulkGuide.Message(id, false, () -> acknowledged.add(id)));
            sandbox.faults().every(2, Fault.status(503, "{}"));
            BulkGuide.consume(client, messages).blockLast(LIMIT);
            assertThat(acknowledged).hasSize(4);
        }
    }

    @Test
    void theSecondRunOfTheGuideSkipsWhatHasEnded() {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(6);
                CloseCrmClient client = client(sandbox)) {
            BulkSummary summary = new BulkSummary(3, 0, 0, 0, 0, 5, 2);
            BulkProgress saved = new BulkProgress(
                    summary,
                    List.of(new IndexRange(3, 3)),
                    2,
                    3,
                    0,
                    Duration.ZERO,
                    0,
                    BulkProgress.WaitingFor.ANSWERS,
                    Duration.ZERO,
                    Duration.ZERO);
            List<String> ids = sandbox.contactIds();
            AtomicReference<BulkProgress> next = new AtomicReference<>();
            List<String> sent = BulkGuide.resume(client, Flux.fromIterable(ids), saved, next)
                    .map(DeleteResult::item)
                    .collectList()
                    .block(LIMIT);
            assertThat(sent).containsExactlyInAnyOrder(ids.get(2), ids.get(4), ids.get(5));
            assertThat(BulkGuide.inWords(saved)).isEqualTo("3 deleted, 0 per second");
        }
    }

    @Test
    void theReadmeShowsTheCodeThatIsTestedHere() throws Exception {
        shows("../README.md", "README", "ContactHandler.java", "Snippets.java");
        shows("../docs/oauth.md", "GUIDE", "OAuthSetup.java");
        shows("../docs/bulk.md", "GUIDE", "BulkGuide.java");
    }

    private static void shows(String page, String mark, String... files) throws Exception {
        String text = dense(Files.readString(Path.of(page)));
        for (String file : files) {
            String source = Files.readString(Path.of("src/test/java/dev/closecrm/reactor/readme/" + file));
            String[] parts = source.split("// " + mark + ": ", -1);
            assertThat(parts).hasSizeGreaterThan(2);
            for (int i = 1; i < parts.length; i += 2) {
                String code = parts[i].substring(parts[i].indexOf('\n'));
                assertThat(text).contains(dense(code));
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
