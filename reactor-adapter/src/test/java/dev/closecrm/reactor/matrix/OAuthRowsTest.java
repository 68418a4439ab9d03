package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TokenRefreshException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What becomes of calls whose access token is refused, over real sockets. */
class OAuthRowsTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int CALLS = 50;
    private static final String UNAUTHORIZED = Answers.json(401, "{\"error\": \"Token expired\"}");

    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void row43_fiftyRefusedCallsShareOneRenewalAndAreEachSentOnceMore() throws Exception {
        CountDownLatch allRefused = new CountDownLatch(CALLS);
        RawServer.Script api = (request, wire) -> {
            if (bearer(request).equals("a0")) {
                allRefused.countDown();
                // All of them are under way with the old token before the first is refused.
                assertThat(allRefused.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
                wire.write(UNAUTHORIZED);
            } else {
                wire.write(Answers.OK);
            }
        };
        try (RawServer service = RawServer.plain(api);
                RawServer tokens = RawServer.plain(this::issue);
                CloseCrmClient client = client(service, tokens)) {
            List<DeleteResult<ContactId>> results = fifty(client);

            assertThat(results).allSatisfy(result -> {
                assertThat(result.outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
                assertThat(result.attempts()).isEqualTo(2);
            });
            assertThat(tokens.requests()).hasSize(1);
            Map<String, Long> sent = service.requests().stream()
                    .collect(Collectors.groupingBy(RawServer.Request::contactId, Collectors.counting()));
            assertThat(sent).hasSize(CALLS);
            assertThat(sent.values()).containsOnly(2L);
        }
    }

    @Test
    void row43_theRequestIsTheOneOfTheSpecificationAndItsSecretsGoNowhereElse() throws Exception {
        try (RawServer service = RawServer.plain(this::refuseTheFirst);
                RawServer tokens = RawServer.plain(this::issue);
                CloseCrmClient client = client(service, tokens)) {
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);

            String request = tokens.requests().get(0).text();
            assertThat(request)
                    .startsWith("POST /oauth2/token/ HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\ncontent-type: application/x-www-form-urlencoded\r\n")
                    .containsIgnoringCase("\r\naccept: application/json\r\n")
                    .contains("closecrm-reactive/")
                    .endsWith("\r\n\r\ngrant_type=refresh_token&client_id=client-1&client_secret=secret%2F1"
                            + "&refresh_token=refresh-1")
                    .doesNotContainIgnoringCase("authorization", "transfer-encoding");
            assertThat(service.requests())
                    .extracting(RawServer.Request::text)
                    .noneMatch(text -> text.contains("secret") || text.contains("refresh-1"));
            assertThat(service.requests()).extracting(OAuthRowsTest::bearer).containsExactly("a0", "a1");
        }
    }

    @Test
    void row43_overTlsWithTheTrustOfTheClient() throws Exception {
        try (RawServer service = RawServer.tls(this::refuseTheFirst);
                RawServer tokens = RawServer.tls(this::issue);
                CloseCrmClient client = CloseCrmClient.builder()
                        .oauth2(oauth(tokens).build())
                        .baseUrl(service.baseUrl())
                        .connections(ConnectionOptions.builder()
                                .trustManagerFactory(RawServer.trust())
                                .build())
                        .build()) {
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    @Test
    void row43_aNewRefreshTokenIsSavedBeforeTheTokenThatCameWithItIsUsed() throws Exception {
        Queue<String> saved = new ConcurrentLinkedQueue<>();
        Queue<Integer> savedWhenSent = new ConcurrentLinkedQueue<>();
        RawServer.Script api = (request, wire) -> {
            savedWhenSent.add(saved.size());
            refuseTheFirst(request, wire);
        };
        RawServer.Script rotating = (request, wire) -> wire.write(token("a1", ", \"refresh_token\": \"refresh-2\""));
        try (RawServer service = RawServer.plain(api);
                RawServer tokens = RawServer.plain(rotating);
                CloseCrmClient client = client(
                        service,
                        oauth(tokens)
                                .tokenStore(issued -> Mono.delay(Duration.ofMillis(20))
                                        .doOnNext(late -> saved.add(issued.value()))
                                        .then())
                                .build())) {
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(saved).containsExactly("refresh-2");
            assertThat(savedWhenSent).containsExactly(0, 1);
        }
    }

    @Test
    void row44_refusedAgainWithTheNewTokenIsUnauthorizedAndTheEnd() throws Exception {
        try (RawServer service = RawServer.plain(refusingAllAtOnce());
                RawServer tokens = RawServer.plain(this::issue);
                CloseCrmClient client = client(service, tokens)) {
            assertThat(fifty(client)).allSatisfy(result -> {
                assertThat(error(result)).isInstanceOf(UnauthorizedException.class);
                assertThat(result.attempts()).isEqualTo(2);
                assertThat(error(result).delivery()).isEqualTo(Delivery.NOT_APPLIED);
            });
            assertThat(tokens.requests()).hasSize(1);
            assertThat(service.requests()).hasSize(2 * CALLS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"500", "html", "garbage", "half", "reset", "flood", "redirect", "invalid_grant", "401"})
    void row44_aTokenEndpointThatIsDownFailsAllWithOneRequest(String how) throws Exception {
        try (RawServer elsewhere = RawServer.plain(this::issue);
                RawServer service = RawServer.plain(refusingAllAtOnce());
                RawServer tokens = RawServer.plain((request, wire) -> misbehave(how, elsewhere, wire));
                CloseCrmClient client = client(service, tokens)) {
            boolean retryable = !List.of("redirect", "invalid_grant", "401").contains(how);
            assertThat(fifty(client)).allSatisfy(result -> {
                assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
                assertThat(error(result).retryable()).isEqualTo(retryable);
            });
            assertThat(tokens.requests()).hasSize(1);
            assertThat(service.requests()).hasSize(CALLS);
            assertThat(elsewhere.requests()).isEmpty();

            if (!retryable) {
                // The next one is told at once, and nothing is sent with a token that was refused.
                assertNotRenewed(delete(client), 0, Delivery.NOT_SENT);
                assertThat(tokens.requests()).hasSize(1);
                assertThat(service.requests()).hasSize(CALLS);
            }
        }
    }

    @Test
    void row44_aTokenEndpointWhereNobodyListens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        try (RawServer service = RawServer.plain((request, wire) -> wire.write(UNAUTHORIZED));
                CloseCrmClient client = client(
                        service,
                        oauth(URI.create("http://127.0.0.1:" + port + "/token")).build())) {
            DeleteResult<ContactId> result = delete(client);
            assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
            assertThat(error(result).retryable()).isTrue();
            assertThat(error(result)).hasMessageContaining("refused").hasRootCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void row44_aTokenEndpointThatIsSilentIsGivenUpAndHungUpOn() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        RawServer.Script silent = (request, wire) -> untilHungUp(wire, hungUp);
        try (RawServer service = RawServer.plain(refusingAllAtOnce());
                RawServer tokens = RawServer.plain(silent);
                CloseCrmClient client = client(
                        service,
                        oauth(tokens).refreshTimeout(Duration.ofMillis(300)).build())) {
            assertThat(fifty(client))
                    .allSatisfy(result -> assertThat(error(result))
                            .isInstanceOf(TokenRefreshException.class)
                            .hasMessageContaining("no answer within PT0.3S"));
            assertThat(tokens.requests()).hasSize(1);
            assertThat(hungUp.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void row44_aCertificateNobodyTrustsIsNotWorthAnotherTry() throws Exception {
        try (RawServer service = RawServer.plain((request, wire) -> wire.write(UNAUTHORIZED));
                RawServer tokens = RawServer.tls(this::issue);
                CloseCrmClient client = client(service, tokens)) {
            DeleteResult<ContactId> result = delete(client);
            assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
            assertThat(error(result).retryable()).isFalse();
            assertThat(tokens.requests()).isEmpty();
        }
    }

    @Test
    void row44_aBulkRunEndsWhenTheTokenCannotBeRenewedForGood() throws Exception {
        RawServer.Script denying = (request, wire) -> wire.write(Answers.json(400, "{\"error\": \"invalid_grant\"}"));
        try (RawServer service = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer tokens = RawServer.plain(denying);
                CloseCrmClient client = client(
                        service, oauth(tokens).accessToken("a0", Instant.EPOCH).build())) {
            List<DeleteOutcome.Kind> kinds = new ArrayList<>();
            Throwable end = client.deleteContacts(Flux.range(0, 1_000).map(i -> "cont_" + i))
                    .doOnNext(result -> kinds.add(result.outcome().kind()))
                    .then(Mono.<Throwable>empty())
                    .onErrorResume(Mono::just)
                    .block(LIMIT);
            assertThat(end)
                    .isInstanceOfSatisfying(
                            BulkAbortedException.class,
                            aborted -> assertThat(aborted.reason())
                                    .isEqualTo(BulkAbortedException.Reason.CREDENTIALS_REFUSED));
            assertThat(kinds).hasSizeLessThanOrEqualTo(2 * CALLS);
            assertThat(service.requests()).isEmpty();
        }
    }

    @Test
    void interimAnswersOfTheTokenEndpointAreSwallowed() throws Exception {
        RawServer.Script hinting = (request, wire) -> {
            wire.write(Answers.EARLY_HINTS);
            issue(request, wire);
        };
        try (RawServer service = RawServer.plain(this::refuseTheFirst);
                RawServer tokens = RawServer.plain(hinting);
                CloseCrmClient client = client(service, tokens)) {
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    @Test
    void aGracefulEndWaitsUntilTheNewRefreshTokenIsSaved() throws Exception {
        CountDownLatch saving = new CountDownLatch(1);
        CountDownLatch saved = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        RawServer.Script slow = (request, wire) -> {
            saving.countDown();
            assertThat(mayAnswer.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            wire.write(token("a1", ", \"refresh_token\": \"refresh-2\""));
        };
        try (RawServer service = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer tokens = RawServer.plain(slow)) {
            CloseCrmClient client = client(
                    service,
                    oauth(tokens)
                            .accessToken("a0", Instant.now().plusSeconds(30))
                            .tokenStore(issued -> Mono.fromRunnable(saved::countDown))
                            .build());
            // The token is good for 30 s more, so nobody waits for the next one.
            assertThat(delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(saving.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            var ended = client.disposeLater().toFuture();
            assertThat(ended).isNotDone();
            mayAnswer.countDown();
            ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(saved.getCount()).isZero();
        }
    }

    @Test
    void anAbruptEndHangsUpOnTheTokenEndpointToo() throws Exception {
        CountDownLatch asking = new CountDownLatch(1);
        CountDownLatch hungUp = new CountDownLatch(1);
        RawServer.Script silent = (request, wire) -> {
            asking.countDown();
            untilHungUp(wire, hungUp);
        };
        try (RawServer service = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                RawServer tokens = RawServer.plain(silent)) {
            CloseCrmClient client = client(
                    service, oauth(tokens).accessToken("a0", Instant.EPOCH).build());
            var call = client.tryDeleteContact(ContactId.of("cont_1")).toFuture();
            assertThat(asking.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            client.dispose();
            assertThat(hungUp.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(call.get(LIMIT.toSeconds(), TimeUnit.SECONDS).outcome())
                    .isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
            assertThat(service.requests()).isEmpty();
        }
    }

    private void issue(RawServer.Request request, RawServer.Wire wire) throws IOException {
        wire.write(token("a" + asked.incrementAndGet(), ""));
    }

    private void refuseTheFirst(RawServer.Request request, RawServer.Wire wire) throws IOException {
        wire.write(bearer(request).equals("a0") ? UNAUTHORIZED : Answers.OK);
    }

    /** Refuses whatever comes, the first of them when all are under way. */
    private static RawServer.Script refusingAllAtOnce() {
        CountDownLatch underWay = new CountDownLatch(CALLS);
        return (request, wire) -> {
            underWay.countDown();
            assertThat(underWay.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            wire.write(UNAUTHORIZED);
        };
    }

    private static void untilHungUp(RawServer.Wire wire, CountDownLatch hungUp) throws IOException {
        try {
            wire.socket().getInputStream().transferTo(OutputStream.nullOutputStream());
        } finally {
            hungUp.countDown();
        }
    }

    private static void misbehave(String how, RawServer elsewhere, RawServer.Wire wire) throws IOException {
        switch (how) {
            case "500" -> wire.write(Answers.json(500, "{\"access_token\": \"a1\"}"));
            case "html" -> wire.write(Answers.html(200));
            case "garbage" -> wire.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
            case "half" -> {
                wire.write("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"access_token\": \"a1\"");
                wire.socket().close();
            }
            case "reset" -> wire.reset();
            case "flood" -> wire.write(Answers.json(200, "{\"access_token\": \"" + "a".repeat(70_000) + "\"}"));
            case "redirect" ->
                wire.write("HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: " + elsewhere.baseUrl()
                        + "/oauth2/token/\r\n\r\n");
            case "invalid_grant" -> wire.write(Answers.json(400, "{\"error\": \"invalid_grant\"}"));
            case "401" -> wire.write(Answers.json(401, ""));
            default -> throw new IllegalArgumentException(how);
        }
    }

    private static String token(String token, String more) {
        return Answers.json(
                200,
                "{\"access_token\": \"" + token + "\", \"token_type\": \"Bearer\", \"expires_in\": 3600" + more + "}");
    }

    private static String bearer(RawServer.Request request) {
        String text = request.text();
        int begin = text.indexOf("Bearer ") + "Bearer ".length();
        return text.substring(begin, text.indexOf('\r', begin));
    }

    private static List<DeleteResult<ContactId>> fifty(CloseCrmClient client) {
        return Flux.range(0, CALLS)
                .flatMap(i -> client.tryDeleteContact(ContactId.of("cont_" + i)), CALLS)
                .collectList()
                .block(LIMIT);
    }

    private static DeleteResult<ContactId> delete(CloseCrmClient client) {
        return client.tryDeleteContact(ContactId.of("cont_1")).block(LIMIT);
    }

    private static void assertNotRenewed(DeleteResult<ContactId> result, int attempts, Delivery delivery) {
        assertThat(error(result)).isInstanceOf(TokenRefreshException.class);
        assertThat(result.attempts()).isEqualTo(attempts);
        assertThat(error(result).attempts()).isEqualTo(attempts);
        assertThat(error(result).delivery()).isEqualTo(delivery);
        assertThat(error(result).contactId()).isEqualTo(result.item().value());
    }

    private static CallException error(DeleteResult<ContactId> result) {
        assertThat(result.outcome()).isInstanceOf(DeleteOutcome.Failed.class);
        return (CallException) ((DeleteOutcome.Failed) result.outcome()).error();
    }

    private static CloseCrmClient client(RawServer service, RawServer tokens) {
        return client(service, oauth(tokens).build());
    }

    private static CloseCrmClient client(RawServer service, OAuth2Credentials oauth) {
        return CloseCrmClient.builder()
                .oauth2(oauth)
                .baseUrl(service.baseUrl())
                .connections(ConnectionOptions.builder().maxConnections(CALLS).build())
                .build();
    }

    private static OAuth2Credentials.Builder oauth(RawServer tokens) {
        return oauth(tokens.baseUrl().resolve("/oauth2/token/"));
    }

    /** Begins with a token of which only the service knows that it is over. */
    private static OAuth2Credentials.Builder oauth(URI endpoint) {
        return OAuth2Credentials.builder()
                .tokenEndpoint(endpoint)
                .clientId("client-1")
                .clientSecret("secret/1")
                .refreshToken("refresh-1")
                .accessToken("a0")
                .refreshTimeout(LIMIT);
    }
}
