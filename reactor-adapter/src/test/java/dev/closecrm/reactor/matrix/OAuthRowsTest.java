package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
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
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Rows 43 and 44: what becomes of calls whose access token is refused. The service speaks what the row runs over, and the token
 * endpoint HTTP/1.1, which is what the client asks it in.
 */
@ExtendWith(Watch.class)
@ParameterizedClass
@EnumSource
class OAuthRowsTest {

    private static final int CALLS = 50;
    private static final String UNAUTHORIZED = "{\"error\": \"Token expired\"}";
    private static final String FIRST = Watch.ACCESS_TOKEN + ".0";
    private static final String SECOND = Watch.ACCESS_TOKEN + ".1";
    private static final String NEXT_REFRESH_TOKEN = Watch.REFRESH_TOKEN + ".2";
    private static final String INVALID_GRANT = "{\"error\": \"invalid_grant\"}";

    private final Over over;
    private final AtomicInteger asked = new AtomicInteger();

    OAuthRowsTest(Over over) {
        this.over = over;
    }

    @Test
    void row43_fiftyRefusedCallsShareOneRenewalAndAreEachSentOnceMore() throws Exception {
        // All of them are under way with the old token before the first is refused.
        Service.Script refusing = refusingAllAtOnce();
        Service.Script api = (request, reply) -> {
            if (bearer(request).equals(FIRST)) {
                refusing.answer(request, reply);
            } else {
                reply.json(200, "{}");
            }
        };
        try (Service service = Service.plain(over, api);
                RawServer tokens = RawServer.plain(this::issue)) {
            assertThat(fifty(client(service, tokens))).hasSize(CALLS).allSatisfy(result -> {
                assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
                assertThat(result.attempts()).isEqualTo(2);
            });
            assertThat(tokens.requests()).hasSize(1);
            Map<String, List<String>> sent = service.requests().stream()
                    .collect(Collectors.groupingBy(
                            Service.Request::contactId,
                            Collectors.mapping(OAuthRowsTest::bearer, Collectors.toList())));
            assertThat(sent).hasSize(CALLS);
            assertThat(sent.values()).containsOnly(List.of(FIRST, SECOND));
        }
    }

    @Test
    void row43_theRequestIsTheOneOfTheSpecificationAndItsSecretsGoNowhereElse() throws Exception {
        try (Service service = Service.plain(over, OAuthRowsTest::refuseTheFirst);
                RawServer tokens = RawServer.plain(this::issue)) {
            assertDeletedAtTheSecond(Small.delete(client(service, tokens)));

            assertThat(tokens.requests())
                    .singleElement()
                    .satisfies(request -> assertThat(request.text())
                            .startsWith("POST /oauth2/token/ HTTP/1.1\r\n")
                            .containsIgnoringCase("\r\ncontent-type: application/x-www-form-urlencoded\r\n")
                            .containsIgnoringCase("\r\naccept: application/json\r\n")
                            .contains("closecrm-reactive/")
                            .endsWith("\r\n\r\ngrant_type=refresh_token&client_id=client-1&client_secret="
                                    + Watch.CLIENT_SECRET + "%2F1&refresh_token=" + Watch.REFRESH_TOKEN)
                            .doesNotContainIgnoringCase("authorization", "transfer-encoding"));
            assertThat(service.requests())
                    .extracting(Service.Request::head)
                    .noneMatch(head -> head.contains(Watch.CLIENT_SECRET) || head.contains(Watch.REFRESH_TOKEN));
            assertThat(service.requests()).extracting(OAuthRowsTest::bearer).containsExactly(FIRST, SECOND);
        }
    }

    @Test
    void row43_overTlsWithTheTrustOfTheClient() throws Exception {
        try (Service service = Service.tls(over, OAuthRowsTest::refuseTheFirst);
                RawServer tokens = RawServer.tls(this::issue)) {
            CloseCrmClient client = client(
                    service.baseUrl(),
                    oauth(tokens).build(),
                    connections -> connections.trustManagerFactory(service.trust()));
            assertDeletedAtTheSecond(Small.delete(client));
            assertThat(tokens.requests()).hasSize(1);
            assertThat(service.requests()).hasSize(2);
        }
    }

    @Test
    void row43_aNewRefreshTokenIsSavedBeforeTheTokenThatCameWithItIsUsed() throws Exception {
        Queue<String> saved = new ConcurrentLinkedQueue<>();
        Queue<Integer> savedWhenSent = new ConcurrentLinkedQueue<>();
        Service.Script api = (request, reply) -> {
            savedWhenSent.add(saved.size());
            refuseTheFirst(request, reply);
        };
        RawServer.Script rotating = (request, wire) -> wire.write(token(SECOND, NEXT_REFRESH_TOKEN));
        try (Service service = Service.plain(over, api);
                RawServer tokens = RawServer.plain(rotating)) {
            CloseCrmClient client = client(
                    service,
                    oauth(tokens)
                            .tokenStore(issued -> Mono.delay(Duration.ofMillis(20))
                                    .doOnNext(late -> saved.add(issued.value()))
                                    .then())
                            .build());
            assertDeletedAtTheSecond(Small.delete(client));
            assertThat(saved).containsExactly(NEXT_REFRESH_TOKEN);
            assertThat(savedWhenSent).containsExactly(0, 1);
        }
    }

    @Test
    void row44_refusedAgainWithTheNewTokenIsUnauthorizedAndTheEnd() throws Exception {
        try (Service service = Service.plain(over, refusingAllAtOnce());
                RawServer tokens = RawServer.plain(this::issue)) {
            assertThat(fifty(client(service, tokens))).hasSize(CALLS).allSatisfy(result -> {
                assertThat(error(result)).isInstanceOf(UnauthorizedException.class);
                assertThat(result.attempts()).isEqualTo(2);
                assertThat(error(result).attempts()).isEqualTo(2);
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
                Service service = Service.plain(over, refusingAllAtOnce());
                RawServer tokens = RawServer.plain((request, wire) -> misbehave(how, elsewhere, wire))) {
            CloseCrmClient client = client(service, tokens);
            boolean retryable = !List.of("redirect", "invalid_grant", "401").contains(how);
            assertThat(fifty(client)).hasSize(CALLS).allSatisfy(result -> {
                assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
                assertThat(error(result).retryable()).isEqualTo(retryable);
            });
            assertThat(tokens.requests()).hasSize(1);
            assertThat(service.requests()).hasSize(CALLS);
            assertThat(elsewhere.connections()).isZero();

            if (!retryable) {
                // The next one is told at once, and nothing is sent with a token that was refused.
                assertNotRenewed(Small.delete(client), 0, Delivery.NOT_SENT);
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
        try (Service service = Service.plain(over, OAuthRowsTest::refuse)) {
            DeleteResult<ContactId> result = Small.delete(client(
                    service,
                    oauth(URI.create("http://127.0.0.1:" + port + "/token")).build()));
            assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
            assertThat(error(result).retryable()).isTrue();
            assertThat(error(result)).hasMessageContaining("refused").hasRootCauseInstanceOf(IOException.class);
            assertThat(service.requests()).hasSize(1);
        }
    }

    @Test
    void row44_aTokenEndpointThatIsSilentIsGivenUpAndHungUpOn() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        try (Service service = Service.plain(over, refusingAllAtOnce());
                RawServer tokens = RawServer.plain((request, wire) -> awaitHangUp(wire, hungUp))) {
            CloseCrmClient client = client(
                    service, oauth(tokens).refreshTimeout(Duration.ofSeconds(1)).build());
            assertThat(fifty(client)).hasSize(CALLS).allSatisfy(result -> {
                assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
                assertThat(error(result)).hasMessageContaining("no answer within PT1S");
            });
            assertThat(tokens.requests()).hasSize(1);
            assertHappens(hungUp);
        }
    }

    @Test
    void row44_aCertificateNobodyTrustsIsNotWorthAnotherTry() throws Exception {
        try (Service service = Service.plain(over, OAuthRowsTest::refuse);
                RawServer tokens = RawServer.tls(this::issue)) {
            DeleteResult<ContactId> result = Small.delete(client(service, tokens));
            assertNotRenewed(result, 1, Delivery.NOT_APPLIED);
            assertThat(error(result).retryable()).isFalse();
            assertThat(tokens.connections()).isEqualTo(1);
            assertThat(tokens.requests()).isEmpty();
        }
    }

    @Test
    void row44_aBulkRunEndsWhenTheTokenCannotBeRenewedForGood() throws Exception {
        RawServer.Script denying = (request, wire) -> wire.write(Answers.json(400, INVALID_GRANT));
        try (Service service = Service.plain(over, Service.OK);
                RawServer tokens = RawServer.plain(denying)) {
            CloseCrmClient client = client(
                    service, oauth(tokens).accessToken(FIRST, Instant.EPOCH).build());
            List<DeleteResult<String>> results = new ArrayList<>();
            assertThat(Small.aborted(client.deleteContacts(Flux.range(0, 1_000).map(i -> "cont_" + i)), results)
                            .reason())
                    .isEqualTo(BulkAbortedException.Reason.CREDENTIALS_REFUSED);
            assertThat(results).hasSizeLessThanOrEqualTo(2 * CALLS).allSatisfy(result -> {
                assertThat(result.attempts()).isZero();
                assertThat(result.outcome().kind()).isIn(Kind.FAILED, Kind.NOT_ATTEMPTED);
            });
            assertThat(tokens.requests()).hasSize(1);
            assertThat(service.requests()).isEmpty();
        }
    }

    @Test
    void interimAnswersOfTheTokenEndpointAreSwallowed() throws Exception {
        RawServer.Script hinting = (request, wire) -> {
            wire.write(Answers.EARLY_HINTS);
            issue(request, wire);
        };
        try (Service service = Service.plain(over, OAuthRowsTest::refuseTheFirst);
                RawServer tokens = RawServer.plain(hinting)) {
            assertDeletedAtTheSecond(Small.delete(client(service, tokens)));
        }
    }

    @Test
    void aGracefulEndWaitsUntilTheNewRefreshTokenIsSaved() throws Exception {
        CountDownLatch saving = new CountDownLatch(1);
        CountDownLatch saved = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        RawServer.Script slow = (request, wire) -> {
            saving.countDown();
            assertHappens(mayAnswer);
            wire.write(token(SECOND, NEXT_REFRESH_TOKEN));
        };
        try (Service service = Service.plain(over, Service.OK);
                RawServer tokens = RawServer.plain(slow)) {
            CloseCrmClient client = client(
                    service,
                    oauth(tokens)
                            .accessToken(FIRST, Instant.now().plusSeconds(30))
                            .tokenStore(issued -> Mono.fromRunnable(saved::countDown))
                            .build());
            // The token is good for 30 s more, so nobody waits for the next one.
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(Kind.DELETED);
            assertHappens(saving);
            var ended = client.disposeLater().toFuture();
            assertThat(ended).isNotDone();
            mayAnswer.countDown();
            ended.get(Small.LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(saved.getCount()).isZero();
        }
    }

    @Test
    void anAbruptEndHangsUpOnTheTokenEndpointToo() throws Exception {
        CountDownLatch asking = new CountDownLatch(1);
        CountDownLatch hungUp = new CountDownLatch(1);
        RawServer.Script silent = (request, wire) -> {
            asking.countDown();
            awaitHangUp(wire, hungUp);
        };
        try (Service service = Service.plain(over, Service.OK);
                RawServer tokens = RawServer.plain(silent)) {
            CloseCrmClient client = client(
                    service, oauth(tokens).accessToken(FIRST, Instant.EPOCH).build());
            var call = client.tryDeleteContact(Small.ID).toFuture();
            assertHappens(asking);
            client.dispose();
            assertHappens(hungUp);
            assertThat(call.get(Small.LIMIT.toSeconds(), TimeUnit.SECONDS).outcome())
                    .isEqualTo(new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED));
            assertThat(service.requests()).isEmpty();
        }
    }

    private void issue(RawServer.Request request, RawServer.Wire wire) throws IOException {
        wire.write(token(Watch.ACCESS_TOKEN + "." + asked.incrementAndGet(), null));
    }

    private static void refuse(Service.Request request, Service.Reply reply) throws IOException {
        reply.json(401, UNAUTHORIZED);
    }

    private static void refuseTheFirst(Service.Request request, Service.Reply reply) throws IOException {
        if (bearer(request).equals(FIRST)) {
            refuse(request, reply);
        } else {
            reply.json(200, "{}");
        }
    }

    /** Refuses whatever comes, the first of them when all are under way. */
    private static Service.Script refusingAllAtOnce() {
        List<Service.Reply> held = new ArrayList<>();
        return (request, reply) -> {
            List<Service.Reply> now = List.of(reply);
            synchronized (held) {
                if (held.size() < CALLS) {
                    held.add(reply);
                    now = held.size() < CALLS ? List.of() : List.copyOf(held);
                }
            }
            for (Service.Reply one : now) {
                one.json(401, UNAUTHORIZED);
            }
        };
    }

    private static void awaitHangUp(RawServer.Wire wire, CountDownLatch hungUp) throws IOException {
        try {
            wire.socket().getInputStream().transferTo(OutputStream.nullOutputStream());
        } finally {
            hungUp.countDown();
        }
    }

    private static void assertHappens(CountDownLatch event) throws InterruptedException {
        assertThat(event.await(Small.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static void misbehave(String how, RawServer elsewhere, RawServer.Wire wire) throws IOException {
        switch (how) {
            case "500" -> wire.write(Answers.json(500, "{\"access_token\": \"" + SECOND + "\"}"));
            case "html" -> wire.write(Answers.html(200));
            case "garbage" -> wire.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
            case "half" -> {
                wire.write("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"access_token\": \"" + SECOND + "\"");
                wire.socket().close();
            }
            case "reset" -> wire.reset();
            case "flood" -> wire.write(Answers.json(200, "{\"access_token\": \"" + "a".repeat(70_000) + "\"}"));
            case "redirect" ->
                wire.write("HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: " + elsewhere.baseUrl()
                        + "/oauth2/token/\r\n\r\n");
            case "invalid_grant" -> wire.write(Answers.json(400, INVALID_GRANT));
            case "401" -> wire.write(Answers.json(401, ""));
            default -> throw new IllegalArgumentException(how);
        }
    }

    private static String token(String token, @Nullable String refreshToken) {
        return Answers.json(
                200,
                "{\"access_token\": \"" + token + "\", \"token_type\": \"Bearer\", \"expires_in\": 3600"
                        + (refreshToken == null ? "" : ", \"refresh_token\": \"" + refreshToken + "\"") + "}");
    }

    private static String bearer(Service.Request request) {
        return request.header("authorization").replaceFirst("^Bearer ", "");
    }

    private static List<DeleteResult<ContactId>> fifty(CloseCrmClient client) {
        return Flux.range(0, CALLS)
                .flatMap(i -> client.tryDeleteContact(ContactId.of("cont_" + i)), CALLS)
                .collectList()
                .block(Small.LIMIT);
    }

    private static void assertDeletedAtTheSecond(DeleteResult<ContactId> result) {
        assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
        assertThat(result.attempts()).isEqualTo(2);
    }

    private static void assertNotRenewed(DeleteResult<ContactId> result, int attempts, Delivery delivery) {
        assertThat(error(result)).isInstanceOf(TokenRefreshException.class);
        assertThat(result.attempts()).isEqualTo(attempts);
        assertThat(error(result).attempts()).isEqualTo(attempts);
        assertThat(error(result).delivery()).isEqualTo(delivery);
        assertThat(error(result).contactId()).isEqualTo(result.item().value());
    }

    private static CallException error(DeleteResult<ContactId> result) {
        return (CallException) Small.error(result);
    }

    private CloseCrmClient client(Service service, RawServer tokens) {
        return client(service, oauth(tokens).build());
    }

    private CloseCrmClient client(Service service, OAuth2Credentials oauth) {
        return client(service.baseUrl(), oauth, connections -> connections);
    }

    private CloseCrmClient client(
            URI baseUrl, OAuth2Credentials oauth, UnaryOperator<ConnectionOptions.Builder> settings) {
        return Small.client(Small.withoutCredentials(
                        baseUrl, over, connections -> settings.apply(connections.maxConnections(CALLS)))
                .oauth2(oauth));
    }

    private static OAuth2Credentials.Builder oauth(RawServer tokens) {
        return oauth(tokens.baseUrl().resolve("/oauth2/token/"));
    }

    /** Begins with a token of which only the service knows that it is over. */
    private static OAuth2Credentials.Builder oauth(URI endpoint) {
        return OAuth2Credentials.builder()
                .tokenEndpoint(endpoint)
                .clientId("client-1")
                .clientSecret(Watch.CLIENT_SECRET + "/1")
                .refreshToken(Watch.REFRESH_TOKEN)
                .accessToken(FIRST)
                .refreshTimeout(Small.LIMIT);
    }
}
