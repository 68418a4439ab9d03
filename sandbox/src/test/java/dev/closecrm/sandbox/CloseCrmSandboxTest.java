package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class CloseCrmSandboxTest {

    private static final String UNKNOWN = "cont_" + "x".repeat(43);

    private final Http http = client();
    private final CloseCrmSandbox sandbox = settings(CloseCrmSandbox.builder())
            .contacts(3)
            .apiKey("api_one")
            .apiKey("api_two")
            .accessToken("token.one")
            .start();

    Http client() {
        return new Http();
    }

    CloseCrmSandbox.Builder settings(CloseCrmSandbox.Builder builder) {
        return builder;
    }

    @AfterEach
    void close() {
        sandbox.close();
    }

    @Test
    void deletesAContactThatIsThere() throws Exception {
        String id = sandbox.contactIds().get(1);

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{}");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.headers().firstValue("X-Request-Id")).isPresent();
        assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
        assertThat(sandbox.contains(id)).isFalse();
        assertThat(sandbox.contactCount()).isEqualTo(2);
        assertThat(sandbox.contactIds()).hasSize(3);
    }

    @Test
    void secondDeleteOfAContactIsNotFound() throws Exception {
        String id = sandbox.contactIds().get(0);
        http.delete(sandbox, id);

        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body()).startsWith("{\"error\": \"");
    }

    @Test
    void eachAnswerHasItsOwnRequestId() throws Exception {
        HttpResponse<String> first = http.delete(sandbox, UNKNOWN);
        HttpResponse<String> second = http.delete(sandbox, UNKNOWN);

        assertThat(first.headers().firstValue("X-Request-Id"))
                .isNotEqualTo(second.headers().firstValue("X-Request-Id"));
    }

    @Test
    void contactAddedLaterCanBeDeleted() throws Exception {
        String id = sandbox.addContact();

        assertThat(sandbox.contains(id)).isTrue();
        assertThat(http.delete(sandbox, id).statusCode()).isEqualTo(200);
        assertThat(sandbox.contactIds()).hasSize(4).endsWith(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lead_abc", "cont_", "cont_a-b", "cont_%41", "cont_a%22b", "CONT_abc"})
    void malformedIdIsABadRequest(String id) throws Exception {
        HttpResponse<String> answer = http.delete(sandbox, id);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"errors\": [").contains("\"field-errors\": {\"id\": ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/api/v1/contact/ID", "/api/v1/contact/", "/api/v1/lead/ID/", "/api/v1/contact/ID/x/", "/ID/"})
    void everyOtherPathIsNotFoundAndDeletesNothing(String path) throws Exception {
        String id = sandbox.contactIds().get(0);

        HttpResponse<String> answer =
                http.send("DELETE", sandbox, path.replace("ID", id), Http.basic(sandbox.apiKey()));

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith("{\"error\": \"");
        assertThat(sandbox.contains(id)).isTrue();
        assertThat(sandbox.ledger().notFound()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "POST", "HEAD"})
    void otherMethodsAreNotAllowed(String method) throws Exception {
        String id = sandbox.contactIds().get(0);

        HttpResponse<String> answer =
                http.send(method, sandbox, "/api/v1/contact/" + id + "/", Http.basic(sandbox.apiKey()));

        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).hasValue("DELETE");
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void everyKeyAndTokenIsAccepted() throws Exception {
        String[] accepted = {Http.basic("api_one"), Http.basic("api_two"), "Bearer token.one", "bearer token.one"};
        for (String authorization : accepted) {
            String id = sandbox.addContact();
            assertThat(http.send("DELETE", sandbox, "/api/v1/contact/" + id + "/", authorization)
                            .statusCode())
                    .as(authorization)
                    .isEqualTo(200);
        }
        assertThat(sandbox.apiKey()).isEqualTo("api_one");
    }

    @ParameterizedTest
    // The fourth is "api_one:secret", the fifth "api_one" without a colon.
    @ValueSource(
            strings = {"", "Basic", "Basic !!", "Basic YXBpX29uZTpzZWNyZXQ=", "Basic YXBpX29uZQ==", "Bearer api_one"})
    void everythingElseIsUnauthorized(String authorization) throws Exception {
        String id = sandbox.contactIds().get(0);

        HttpResponse<String> answer = http.send("DELETE", sandbox, "/api/v1/contact/" + id + "/", authorization);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).startsWith("{\"error\": \"");
        assertThat(sandbox.contains(id)).isTrue();
    }

    @Test
    void idsAreAFunctionOfTheSeed() {
        try (CloseCrmSandbox same = CloseCrmSandbox.start(5);
                CloseCrmSandbox other =
                        CloseCrmSandbox.builder().contacts(5).seed(7).start()) {
            assertThat(same.contactIds()).startsWith(sandbox.contactIds().toArray(String[]::new));
            assertThat(other.contactIds()).doesNotContainAnyElementsOf(same.contactIds());
            assertThat(other.contactIds()).allMatch(id -> id.matches("cont_[0-9A-Za-z]{43}"));
        }
    }

    @Test
    void connectionIsKeptForTheNextRequest() throws Exception {
        try (RawConnection connection = new RawConnection(sandbox)) {
            assertThat(connection.delete(UNKNOWN).answer()).startsWith("HTTP/1.1 404 ");
            assertThat(connection.delete(UNKNOWN).answer()).startsWith("HTTP/1.1 404 ");
        }
        assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
    }

    @Test
    void answerIsHeldBackForTheLatency() throws Exception {
        try (CloseCrmSandbox slow = CloseCrmSandbox.builder()
                .contacts(1)
                .latency(Duration.ofMillis(50))
                .start()) {
            long began = System.nanoTime();

            assertThat(http.delete(slow, slow.contactIds().get(0)).statusCode()).isEqualTo(200);

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
        }
    }

    @Test
    void requestsHeldBackAreInFlightTogether() throws Exception {
        try (CloseCrmSandbox slow = CloseCrmSandbox.builder()
                        .latency(Duration.ofMillis(300))
                        .start();
                RawConnection first = new RawConnection(slow);
                RawConnection second = new RawConnection(slow)) {
            first.delete(UNKNOWN);
            second.delete(UNKNOWN);
            first.answer();
            second.answer();

            assertThat(slow.ledger().peakInFlight()).isEqualTo(2);
            assertThat(slow.ledger().inFlight()).isZero();
            assertThat(slow.ledger().peakConnections()).isEqualTo(2);
        }
    }

    @Test
    void closeEndsOpenConnectionsAndFreesThePort() throws Exception {
        int port = sandbox.port();
        try (RawConnection connection = new RawConnection(sandbox)) {
            connection.delete(UNKNOWN).answer();

            sandbox.close();
            sandbox.close();

            assertThat(sandbox.isDisposed()).isTrue();
            assertThat(connection.rest()).isEmpty();
        }
        assertThatThrownBy(() -> new Socket(java.net.InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(java.net.ConnectException.class);
        try (CloseCrmSandbox next = CloseCrmSandbox.builder().port(port).start()) {
            assertThat(next.port()).isEqualTo(port);
        }
    }

    @Test
    void disposalBeginsWithItsSubscription() throws Exception {
        Mono<Void> disposal = sandbox.disposeLater();

        assertThat(sandbox.isDisposed()).isFalse();
        assertThat(http.delete(sandbox, UNKNOWN).statusCode()).isEqualTo(404);
        disposal.block(Duration.ofSeconds(10));
        disposal.block(Duration.ofSeconds(10));
        assertThat(sandbox.isDisposed()).isTrue();
    }

    @Test
    void noThreadOutlivesTheSandbox() throws Exception {
        Set<Thread> others = sandboxThreads();
        CloseCrmSandbox.start(0).close();

        assertThatAllEndExcept(others);
    }

    @Test
    void portThatIsTakenIsAnErrorThatLeavesNoThread() throws Exception {
        Set<Thread> others = sandboxThreads();

        assertThatThrownBy(() -> CloseCrmSandbox.builder().port(sandbox.port()).start())
                .hasMessageContaining("bind");

        assertThatAllEndExcept(others);
    }

    @Test
    void settersRefuseWhatMakesNoSense() {
        CloseCrmSandbox.Builder builder = CloseCrmSandbox.builder();

        assertThatIllegalArgumentException().isThrownBy(() -> builder.port(65_536));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.contacts(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.apiKey(""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.accessToken(""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.latency(Duration.ofNanos(-1)));
    }

    private static void assertThatAllEndExcept(Set<Thread> others) throws InterruptedException {
        Set<Thread> threads = sandboxThreads();
        threads.removeAll(others);
        for (Thread thread : threads) {
            thread.join(10_000);
            assertThat(thread.isAlive()).as(thread.getName()).isFalse();
        }
    }

    private static Set<Thread> sandboxThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("closecrm-sandbox"))
                .collect(Collectors.toSet());
    }
}
