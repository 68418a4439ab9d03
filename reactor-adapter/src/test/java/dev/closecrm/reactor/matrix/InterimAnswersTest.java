package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/** Row 36, over everything the client can speak. */
@ExtendWith(Watch.class)
class InterimAnswersTest {

    private static final int CALLS = 20;

    enum Transport {
        HTTP_1_1,
        HTTP_1_1_TLS,
        /** HTTP/2 was wanted, and the server does not have it. */
        ALPN_TO_HTTP_1_1,
        H2C,
        H2_TLS
    }

    static Stream<Arguments> transportsAndInterimAnswers() {
        return Arrays.stream(Transport.values())
                .flatMap(transport -> Stream.of(
                        Arguments.of(transport, List.of(100)),
                        Arguments.of(transport, List.of(102)),
                        Arguments.of(transport, List.of(103)),
                        Arguments.of(transport, List.of(103, 103, 103)),
                        Arguments.of(transport, List.of(102, 103, 100, 103))));
    }

    @ParameterizedTest
    @MethodSource("transportsAndInterimAnswers")
    @Row(runs = "both versions of HTTP, plain and over TLS, and HTTP/1.1 where HTTP/2 was wanted")
    void row36_interimAnswersAreSwallowedAndEachIdGetsItsOwnAnswer(Transport transport, List<Integer> interim)
            throws Exception {
        try (Server server = start(transport, interim)) {
            CloseCrmClient client = client(transport, server);
            // Contacts that exist and that do not, in turn: an answer that slips by one is a wrong report.
            List<DeleteResult<ContactId>> results = Flux.range(0, CALLS)
                    .concatMap(i -> client.tryDeleteContact(ContactId.of("cont_" + (i % 2))))
                    .collectList()
                    .block(Small.LIMIT);

            assertThat(results)
                    .extracting(result -> result.outcome().kind())
                    .isEqualTo(IntStream.range(0, CALLS)
                            .mapToObj(i -> i % 2 == 1 ? DeleteOutcome.Kind.DELETED : DeleteOutcome.Kind.NOT_FOUND)
                            .toList());
            assertThat(results)
                    .allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
            assertThat(server.requests().getAsInt()).isEqualTo(CALLS);
            assertThat(server.connections().getAsInt()).isEqualTo(1);
        }
    }

    private static CloseCrmClient client(Transport transport, Server server) {
        boolean http2 = transport.compareTo(Transport.ALPN_TO_HTTP_1_1) >= 0;
        return Small.client(
                server.baseUrl(),
                http2 ? Over.HTTP_2 : Over.HTTP_1_1,
                connections -> connections.maxConnections(1).trustManagerFactory(server.trust()));
    }

    private static Server start(Transport transport, List<Integer> interim) throws Exception {
        FrameServer.Script frames = (request, wire) -> {
            interim.forEach(status -> wire.head(status, "link", "</style.css>"));
            wire.answerAbout(request.contactId());
        };
        String heads = interim.stream()
                .map(status -> "HTTP/1.1 " + status + " Interim\r\nLink: </style.css>\r\n\r\n")
                .collect(Collectors.joining());
        RawServer.Script bytes = (request, wire) -> {
            wire.write(heads);
            wire.write(Answers.about(request.contactId()));
        };
        return switch (transport) {
            case HTTP_1_1 -> of(RawServer.plain(bytes));
            case HTTP_1_1_TLS, ALPN_TO_HTTP_1_1 -> of(RawServer.tls(bytes));
            case H2C -> of(FrameServer.plain(frames));
            case H2_TLS -> of(FrameServer.tls(frames));
        };
    }

    private static Server of(RawServer server) {
        return new Server(
                server::close,
                server.baseUrl(),
                RawServer.trust(),
                () -> server.requests().size(),
                server::connections);
    }

    private static Server of(FrameServer server) {
        return new Server(
                server::close,
                server.baseUrl(),
                FrameServer.trust(),
                () -> server.requests().size(),
                server::connections);
    }

    private record Server(
            Closeable server, URI baseUrl, TrustManagerFactory trust, IntSupplier requests, IntSupplier connections)
            implements Closeable {
        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
