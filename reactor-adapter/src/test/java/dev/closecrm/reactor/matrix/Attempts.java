package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.engine.request.ApiEndpoint;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.reactor.http.NettyTransport;
import java.net.URI;
import java.time.Duration;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Single attempts, as the retry loop sees them: which of them were worth repeating is decided elsewhere. */
final class Attempts implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(20);

    private static final Credentials CREDENTIALS = Credentials.apiKey("api_test");

    private final NettyTransport transport;
    private final Duration attemptTimeout;

    private Attempts(URI baseUrl, ConnectionOptions options) {
        this.transport =
                new NettyTransport(ApiEndpoint.of(baseUrl, false), options, "test", Schedulers.parallel(), null);
        this.attemptTimeout = options.attemptTimeout();
    }

    static Attempts at(FrameServer server) {
        return at(server, options -> options);
    }

    static Attempts at(FrameServer server, UnaryOperator<ConnectionOptions.Builder> change) {
        return new Attempts(
                server.baseUrl(),
                change.apply(options().protocol(Protocol.HTTP_2).trustManagerFactory(FrameServer.trust()))
                        .build());
    }

    static Attempts at(RawServer server) {
        return at(server, options -> options);
    }

    static Attempts at(RawServer server, UnaryOperator<ConnectionOptions.Builder> change) {
        return new Attempts(
                server.baseUrl(),
                change.apply(options().trustManagerFactory(RawServer.trust())).build());
    }

    /** The limits of the defaults, but for tests of limits: what is slow here is the machine. */
    private static ConnectionOptions.Builder options() {
        return ConnectionOptions.builder();
    }

    Mono<AttemptResult> delete(String id) {
        return delete(id, attemptTimeout);
    }

    Mono<AttemptResult> delete(String id, Duration limit) {
        return transport.delete(ContactId.of(id), CREDENTIALS, limit);
    }

    AttemptResult await(String id) {
        return delete(id).block(LIMIT);
    }

    static AttemptResult.Faulted fault(AttemptResult result) {
        assertThat(result).isInstanceOf(AttemptResult.Faulted.class);
        return (AttemptResult.Faulted) result;
    }

    static void assertFault(AttemptResult result, Phase phase, boolean timedOut, Delivery delivery, Prospect prospect) {
        AttemptResult.Faulted fault = fault(result);
        assertThat(fault.phase()).as(fault.toString()).isEqualTo(phase);
        assertThat(fault.timedOut()).as(fault.toString()).isEqualTo(timedOut);
        assertThat(fault.delivery()).as(fault.toString()).isEqualTo(delivery);
        assertThat(fault.prospect()).as(fault.toString()).isEqualTo(prospect);
    }

    @Override
    public void close() {
        transport.disposeLater().block(LIMIT);
    }
}
