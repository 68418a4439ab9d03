package dev.closecrm.reactor;

import static dev.closecrm.reactor.Answers.CONTINUE;
import static dev.closecrm.reactor.Answers.EARLY_HINTS;
import static dev.closecrm.reactor.Answers.OK;
import static dev.closecrm.reactor.Answers.PROCESSING;
import static dev.closecrm.reactor.Answers.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** An answer belongs to its request, whatever else a server sends; over real sockets, plain and TLS. */
class ForeignAnswersTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @ParameterizedTest
    @CsvSource({
        "false, one early hint, true", "false, one early hint, false",
        "false, several interim answers, true", "false, several interim answers, false",
        "true, one early hint, true", "true, one early hint, false",
        "true, several interim answers, true", "true, several interim answers, false",
    })
    void interimAnswersChangeNothing(boolean tls, String which, boolean sameSegment) throws Exception {
        String interim = which.startsWith("one") ? EARLY_HINTS : PROCESSING + EARLY_HINTS + CONTINUE + EARLY_HINTS;
        RawServer.Script script = (request, wire) -> {
            if (sameSegment) {
                wire.write(interim + about(request.contactId()));
            } else {
                wire.write(interim);
                wire.write(about(request.contactId()));
            }
        };
        try (RawServer server = server(tls, script);
                CloseCrmClient client = client(server)) {
            // Contacts that exist and that do not, in turn: an answer that slips by one is a wrong report.
            List<DeleteOutcome.Kind> kinds = Flux.range(0, 20)
                    .concatMap(i -> client.tryDeleteContact(ContactId.of("cont_" + (i % 2))))
                    .map(result -> result.outcome().kind())
                    .collectList()
                    .block(LIMIT);

            assertThat(kinds).isEqualTo(alternating(20));
            assertThat(server.requests()).hasSize(20);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUnaskedChangeOfProtocolEndsTheConnection(boolean tls) throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(
                request.number() == 0
                        ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                        : about(request.contactId()));
        try (RawServer server = server(tls, script);
                CloseCrmClient client = client(server)) {
            DeleteResult<ContactId> upgraded =
                    client.tryDeleteContact(ContactId.of("cont_1")).block(LIMIT);
            DeleteResult<ContactId> next =
                    client.tryDeleteContact(ContactId.of("cont_0")).block(LIMIT);

            TransportException error = (TransportException) ((DeleteOutcome.Failed) upgraded.outcome()).error();
            assertThat(error.phase()).isEqualTo(TransportException.Phase.PROTOCOL);
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(next.outcome().kind()).isEqualTo(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSecondAnswerInTheSameSegmentIsNobodys(boolean tls) throws Exception {
        // Each request but the first is about a contact that does not exist, and each first answer comes with a stray
        // 200.
        RawServer.Script script = (request, wire) -> wire.write(about(request.contactId()) + OK);
        try (RawServer server = server(tls, script);
                CloseCrmClient client = client(server)) {
            // All at once on one connection, so that somebody waits for it when the stray answer comes.
            List<DeleteOutcome.Kind> kinds = Flux.range(0, 10)
                    .flatMapSequential(i -> client.tryDeleteContact(ContactId.of("cont_" + (i == 0 ? "1" : i + "0"))))
                    .map(result -> result.outcome().kind())
                    .collectList()
                    .block(LIMIT);

            assertThat(kinds.get(0)).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(kinds.subList(1, 10)).containsOnly(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.requests()).hasSize(10);
            assertThat(server.connections()).isEqualTo(10);
        }
    }

    /** A fresh connection reads 2,048 bytes first; the range is for transports that think otherwise. */
    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192})
    void aSecondAnswerJustBehindTheFirstReadIsNobodys(int size) throws Exception {
        RawServer.Script script = (request, wire) -> {
            String answer = about(request.contactId());
            String padding = "X-Padding: " + "x".repeat(size - answer.length() - "X-Padding: \r\n".length()) + "\r\n";
            wire.write(answer.replaceFirst("\r\n", "\r\n" + padding) + OK);
        };
        try (RawServer server = server(false, script);
                CloseCrmClient client = client(server)) {
            List<DeleteOutcome.Kind> kinds = Flux.range(0, 10)
                    .flatMapSequential(i -> client.tryDeleteContact(ContactId.of("cont_" + i + "0")))
                    .map(result -> result.outcome().kind())
                    .collectList()
                    .block(LIMIT);
            assertThat(kinds).containsOnly(DeleteOutcome.Kind.NOT_FOUND);
            assertThat(server.requests()).hasSize(10);
        }
    }

    private static List<DeleteOutcome.Kind> alternating(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> i % 2 == 1 ? DeleteOutcome.Kind.DELETED : DeleteOutcome.Kind.NOT_FOUND)
                .toList();
    }

    private static RawServer server(boolean tls, RawServer.Script script) throws Exception {
        return tls ? RawServer.tls(script) : RawServer.plain(script);
    }

    private static CloseCrmClient client(RawServer server) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(server.baseUrl())
                // One attempt, so that what is reported is what it met.
                .retry(RetryOptions.builder().maxAttempts(1).build())
                .connections(ConnectionOptions.builder()
                        .maxConnections(1)
                        .trustManagerFactory(RawServer.trust())
                        .build())
                .build();
    }
}
