package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Many calls on one connection: how many connections there are, and what of one call touches the others. */
class StreamsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int CALLS = 32;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aColdBurstOpensOneConnection(boolean tls) throws Exception {
        FrameServer.Script script = answerTogether(CALLS);
        try (FrameServer server = tls ? FrameServer.tls(script) : FrameServer.plain(script);
                CloseCrmClient client = client(server)) {
            assertThat(burst(client)).containsOnly(DeleteOutcome.Kind.DELETED).hasSize(CALLS);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10})
    void aServerThatAllowsFewStreamsGetsTheConnectionsItTakes(int streams) {
        Http2Settings settings = Http2Settings.defaultSettings().maxConcurrentStreams(streams);
        try (FrameServer server = FrameServer.plain(settings, answerTogether(CALLS));
                CloseCrmClient client = client(server)) {
            assertThat(burst(client)).containsOnly(DeleteOutcome.Kind.DELETED).hasSize(CALLS);
            assertThat(server.connections()).isEqualTo((CALLS + streams - 1) / streams);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aRunOverAServerThatAllowsFewStreamsLosesNothing(int streams) {
        Http2Settings settings = Http2Settings.defaultSettings().maxConcurrentStreams(streams);
        try (FrameServer server =
                        FrameServer.plain(settings, (request, wire) -> wire.answerAbout(request.contactId()));
                CloseCrmClient client = client(server)) {
            List<DeleteResult<String>> results = client.deleteContacts(
                            Flux.range(0, 1_000).map(i -> "cont_" + i))
                    .collectList()
                    .block(LIMIT);
            assertThat(results)
                    .hasSize(1_000)
                    .allSatisfy(result -> assertThat(result.outcome().kind())
                            .as(result.toString())
                            .isEqualTo(
                                    result.item().endsWith("1")
                                            ? DeleteOutcome.Kind.DELETED
                                            : DeleteOutcome.Kind.NOT_FOUND));
        }
    }

    @Test
    void whereHttp2IsNotOfferedABurstIsServedOverHttp11() throws Exception {
        try (RawServer server = RawServer.tls((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(server.baseUrl(), RawServer.trust(), options -> options)) {
            assertThat(burst(client)).containsOnly(DeleteOutcome.Kind.DELETED).hasSize(CALLS);
            assertThat(server.connections()).isLessThanOrEqualTo(CALLS);
            assertThat(server.requests()).allMatch(request -> request.text().contains(" HTTP/1.1\r\n"));
        }
    }

    @Test
    void cancellingResetsOneStreamAndNoOther() throws Exception {
        AtomicReference<FrameServer.Wire> other = new AtomicReference<>();
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                other.set(wire);
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(server)) {
            Mono<DeleteResult<ContactId>> answered = begin(client, "cont_1");
            server.awaitRequests(1);
            Disposable cancelled = client.deleteContact("cont_0").subscribe();
            server.awaitRequests(2);

            cancelled.dispose();

            FrameServer.Reset reset = server.awaitReset();
            assertThat(reset.stream()).isEqualTo(server.requests().get(1).stream());
            assertThat(reset.errorCode()).isEqualTo(Http2Error.CANCEL.code());
            other.get().answer(200, "{}");
            assertThat(answered.block(LIMIT).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void manyCancelledCallsLeaveRoomForTheNext() throws Exception {
        Http2Settings settings = Http2Settings.defaultSettings().maxConcurrentStreams(2);
        FrameServer.Script script = (request, wire) -> {
            if (request.contactId().startsWith("cont_last")) {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(settings, script);
                CloseCrmClient client =
                        client(server.baseUrl(), FrameServer.trust(), options -> options.maxConnections(2))) {
            // Servers close a connection on which much more than this is reset.
            for (int i = 0; i < 150; i++) {
                int before = server.requests().size();
                Disposable call = client.deleteContact("cont_" + i).subscribe();
                server.awaitRequests(before + 1);
                call.dispose();
            }
            assertThat(await(client, "cont_last1").outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(server.connections()).isLessThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLostConnectionIsOneLossHoweverManyStreamsItHad(boolean broken) {
        Queue<FrameServer.Wire> waiting = new ConcurrentLinkedQueue<>();
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() > 1) {
                wire.answer(200, "{}");
                return;
            }
            waiting.add(wire);
            if (waiting.size() == CALLS && broken) {
                wire.raw("not a frame at all".getBytes(StandardCharsets.US_ASCII));
            } else if (waiting.size() == CALLS) {
                wire.closeConnection();
            }
        };
        // Enough for one retry.
        RetryOptions onePaid = RetryOptions.builder()
                .budget(14, 14)
                .transportBackoff(Duration.ofMillis(1), Duration.ofMillis(5))
                .build();
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = builder(server.baseUrl(), FrameServer.trust(), options -> options)
                        .retry(onePaid)
                        .build()) {
            assertThat(burst(client)).containsOnly(DeleteOutcome.Kind.DELETED).hasSize(CALLS);
            assertThat(server.requests()).hasSize(2 * CALLS);
        }
    }

    @Test
    void aConnectionThatDiedWithoutAWordIsLeftAndReplaced() {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.fallSilent();
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = impatient(server)) {
            DeleteResult<ContactId> lost = await(client, "cont_1");
            assertFault(lost, Phase.EXCHANGE, Delivery.UNKNOWN);
            // The check and the time-out of the first call end within a moment of each other, in either order.
            List<DeleteOutcome.Kind> later = Flux.range(0, 4)
                    .concatMap(i -> client.tryDeleteContact(ContactId.of("cont_1")))
                    .map(result -> result.outcome().kind())
                    .collectList()
                    .block(LIMIT);
            assertThat(later).contains(DeleteOutcome.Kind.DELETED);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void aConnectionThatGivesASignOfLifeIsKept() {
        AtomicReference<FrameServer.Wire> second = new AtomicReference<>();
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 1) {
                second.set(wire);
            }
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(
                        server.baseUrl(),
                        FrameServer.trust(),
                        options -> options.responseTimeout(Duration.ofSeconds(3)))) {
            begin(client, "cont_0");
            server.awaitPings(1);
            Mono<DeleteResult<ContactId>> answered = begin(client, "cont_1");
            // Asked a second time, and so not given up after the first.
            server.awaitPings(2);
            second.get().answer(200, "{}");
            assertThat(answered.block(LIMIT).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void aConnectionTheServerSaysGoodbyeOnIsNotUsedAgain() {
        FrameServer.Script script = (request, wire) -> {
            if (request.connection() == 1) {
                wire.goAway(request.stream());
            }
            wire.answerAbout(request.contactId());
        };
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(server)) {
            assertThat(await(client, "cont_1").outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(await(client, "cont_0").outcome().kind()).isEqualTo(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.connections()).isEqualTo(2);
            server.awaitClosedConnections(1);
        }
    }

    @Test
    void aSecondAnswerOnAStreamIsAProtocolErrorAndTouchesNoOtherStream() {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(200).head(true, 200);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        oneBrokenStream(script);
    }

    @Test
    void anUnaskedChangeOfProtocolIsAProtocolErrorAndTouchesNoOtherStream() {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                wire.head(101);
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        oneBrokenStream(script);
    }

    @Test
    void interimAnswersWithoutEndAreAProtocolErrorAndTouchNoOtherStream() {
        FrameServer.Script script = (request, wire) -> {
            if (request.number() == 0) {
                for (int i = 0; i < 101; i++) {
                    wire.head(103);
                }
            } else {
                wire.answerAbout(request.contactId());
            }
        };
        oneBrokenStream(script);
    }

    @Test
    void theServerIsToldWhatTheClientTakes() {
        try (FrameServer server = FrameServer.plain((request, wire) -> wire.answer(200, "{}"));
                CloseCrmClient client = client(server)) {
            await(client, "cont_1");
            Http2Settings settings = server.clientSettings().get(0);
            assertThat(settings.maxHeaderListSize()).isEqualTo(16 * 1024);
            assertThat(settings.initialWindowSize()).isEqualTo(64 * 1024 - 1);
            assertThat(server.clientSettings())
                    .extracting(Http2Settings::pushEnabled)
                    .contains(false);
        }
    }

    @Test
    void disposingCutsOffWhatIsInFlightAtOnce() {
        try (FrameServer server = FrameServer.plain((request, wire) -> {});
                CloseCrmClient client = client(server)) {
            Mono<DeleteResult<ContactId>> call = begin(client, "cont_1");
            server.awaitRequests(1);
            client.dispose();
            assertFault(call.block(Duration.ofSeconds(5)), Phase.EXCHANGE, Delivery.UNKNOWN);
            server.awaitClosedConnections(1);
        }
    }

    private static void oneBrokenStream(FrameServer.Script script) {
        try (FrameServer server = FrameServer.plain(script);
                CloseCrmClient client = client(server)) {
            assertFault(await(client, "cont_1"), Phase.PROTOCOL, Delivery.UNKNOWN);
            assertThat(await(client, "cont_0").outcome().kind()).isEqualTo(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    /** Answers nobody before so many wait, so that they are all in flight at once. */
    private static FrameServer.Script answerTogether(int calls) {
        Queue<FrameServer.Wire> waiting = new ConcurrentLinkedQueue<>();
        return (request, wire) -> {
            waiting.add(wire);
            if (waiting.size() == calls) {
                waiting.forEach(each -> each.answer(200, "{}"));
            }
        };
    }

    private static List<DeleteOutcome.Kind> burst(CloseCrmClient client) {
        return Flux.range(0, CALLS)
                .flatMap(i -> client.tryDeleteContact(ContactId.of("cont_" + i)), CALLS)
                .map(result -> result.outcome().kind())
                .collectList()
                .block(LIMIT);
    }

    private static Mono<DeleteResult<ContactId>> begin(CloseCrmClient client, String id) {
        Mono<DeleteResult<ContactId>> call =
                client.tryDeleteContact(ContactId.of(id)).cache();
        call.subscribe();
        return call;
    }

    private static DeleteResult<ContactId> await(CloseCrmClient client, String id) {
        return client.tryDeleteContact(ContactId.of(id)).block(LIMIT);
    }

    private static void assertFault(DeleteResult<ContactId> result, Phase phase, Delivery delivery) {
        assertThat(result.outcome()).isInstanceOf(DeleteOutcome.Failed.class);
        TransportException error = (TransportException) ((DeleteOutcome.Failed) result.outcome()).error();
        assertThat(error.phase()).as(error.getMessage()).isEqualTo(phase);
        assertThat(error.delivery()).as(error.getMessage()).isEqualTo(delivery);
    }

    private static CloseCrmClient client(FrameServer server) {
        return client(server.baseUrl(), FrameServer.trust(), options -> options);
    }

    private static CloseCrmClient impatient(FrameServer server) {
        return client(
                server.baseUrl(), FrameServer.trust(), options -> options.responseTimeout(Duration.ofMillis(500)));
    }

    private static CloseCrmClient client(
            URI baseUrl, TrustManagerFactory trust, UnaryOperator<ConnectionOptions.Builder> change) {
        return builder(baseUrl, trust, change).build();
    }

    private static CloseCrmClient.Builder builder(
            URI baseUrl, TrustManagerFactory trust, UnaryOperator<ConnectionOptions.Builder> change) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(baseUrl)
                // One attempt, so that what is reported is what it met.
                .retry(RetryOptions.builder().maxAttempts(1).build())
                .connections(change.apply(ConnectionOptions.builder()
                                .protocol(Protocol.HTTP_2)
                                .trustManagerFactory(trust))
                        .build());
    }
}
