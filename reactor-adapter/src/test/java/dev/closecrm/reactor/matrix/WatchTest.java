package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.core.ProxyOptions;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import dev.closecrm.reactor.auth.OAuth2Credentials;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Row 86, which is all of them: what watches the rows would notice. */
class WatchTest {

    private static final String NO_HTTP = "no HTTP: this is about what watches the rows";

    /** Long enough to look more than once. */
    private static final Duration SHORT = Duration.ofMillis(200);

    private final Watch watch = new Watch(SHORT);
    private boolean over;

    @BeforeEach
    void begin() {
        watch.beforeEach(null);
    }

    /** The loggers and hooks are as they were before, whatever became of the test. */
    @AfterEach
    void end() {
        if (!over) {
            watch.afterEach(null);
        }
        assertThat(LoggerFactory.getLogger(WatchTest.class).isWarnEnabled()).isFalse();
    }

    static List<String> secrets() {
        return Watch.SECRETS;
    }

    @ParameterizedTest
    @MethodSource("secrets")
    @Row(runs = NO_HTTP)
    void row86_aSecretThatIsLoggedAtTheLeastLevelFailsTheRow(String secret) {
        LoggerFactory.getLogger("any.logger.at.all").trace("sending {}", "x" + secret + "y");
        assertNoticed("secrets that were logged");
    }

    @ParameterizedTest
    @MethodSource("secrets")
    @Row(runs = NO_HTTP)
    void row86_aSecretInWhatALoggedErrorWasCausedByFailsTheRow(String secret) {
        Exception cause = new IllegalStateException("the proxy said " + secret);
        LoggerFactory.getLogger("any.logger.at.all").debug("it failed", new IllegalStateException("no", cause));
        assertNoticed("secrets that were logged");
    }

    @Test
    @Row(runs = NO_HTTP)
    void row86_anErrorThatIsDroppedFailsTheRow() {
        Operators.onErrorDropped(new IllegalStateException("nobody heard of it"), Context.empty());
        assertNoticed("errors that were dropped");
    }

    @ParameterizedTest
    @EnumSource
    void row86_aClientThatIsLeftWithACallUnderWayFailsTheRow(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            sandbox.faults().every(1, Fault.silent());
            var call = Small.client(sandbox.baseUrl(), over)
                    .tryDeleteContact(Small.first(sandbox))
                    .subscribe();
            Eventually.is(
                    "the call is under way", Small.LIMIT, () -> sandbox.ledger().inFlight() == 1);
            assertNoticed("no call is under way");
            call.dispose();
        }
    }

    /** How a call is made in rows of each kind. */
    @FunctionalInterface
    interface Kind {
        void run(Over over) throws Exception;
    }

    static Stream<Arguments> kinds() {
        return Stream.of(Over.values())
                .flatMap(over -> Stream.of(
                        kind("nobody listens", over, any -> Small.delete(Small.client(https(1), over))),
                        kind("a name that is not known", over, any -> {
                            try (ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN)) {
                                Small.delete(Small.client(
                                        URI.create("http://api.closecrm.test"),
                                        over,
                                        connections -> connections.nameServers(List.of(dns.at()))));
                            }
                        }),
                        kind("a certificate that is not trusted", over, any -> {
                            try (Service service = Service.tls(over, Service.OK)) {
                                Small.delete(Small.client(service.baseUrl(), over));
                            }
                        }),
                        kind("an answer", over, any -> {
                            try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
                                Small.delete(Small.client(sandbox.baseUrl(), over), Small.first(sandbox));
                            }
                        }),
                        kind("an answer that is none", over, any -> {
                            try (CloseCrmSandbox sandbox = Small.sandbox(over, 0)) {
                                sandbox.faults().every(1, Fault.garbage());
                                Small.delete(Small.client(sandbox.baseUrl(), over));
                            }
                        }),
                        kind("a token that is renewed", over, WatchTest::renew),
                        kind("a proxy that refuses", over, any -> {
                            try (RawTcp proxy = RawTcp.start(wire -> {
                                wire.readHead();
                                wire.write("HTTP/1.1 407 " + Watch.PASSWORD + "\r\nContent-Length: 0\r\n\r\n");
                            })) {
                                Small.delete(Small.client(
                                        https(443),
                                        over,
                                        connections -> connections.proxy(ProxyOptions.http("127.0.0.1", proxy.port())
                                                .credentials(Watch.USER, Watch.PASSWORD))));
                            }
                        })));
    }

    private static Arguments kind(String name, Over over, Kind kind) {
        return Arguments.of(name, over, kind);
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("kinds")
    void row86_whatIsLoggedInARowOfEachKindIsLookedAt(String name, Over over, Kind kind) throws Exception {
        kind.run(over);
        // Several from each attempt, by Netty, Reactor Netty and its pool.
        assertThat(watch.events()).as("events in: " + name).isGreaterThan(5);
    }

    private static void renew(Over over) throws Exception {
        Service.Script refusing = (request, reply) -> reply.json(401, "{\"error\": \"" + Watch.ACCESS_TOKEN + "\"}");
        RawServer.Script denying = (request, wire) -> wire.write("no HTTP: " + request.text() + "\r\n\r\n");
        try (Service service = Service.plain(over, refusing);
                RawServer tokens = RawServer.plain(denying)) {
            CloseCrmClient client =
                    Small.client(Small.withoutCredentials(service.baseUrl(), over, connections -> connections)
                            .oauth2(OAuth2Credentials.builder()
                                    .tokenEndpoint(tokens.baseUrl())
                                    .clientId("client-1")
                                    .clientSecret(Watch.CLIENT_SECRET)
                                    .refreshToken(Watch.REFRESH_TOKEN)
                                    .accessToken(Watch.ACCESS_TOKEN)
                                    .build()));
            Small.error(Small.delete(client));
        }
    }

    private static URI https(int port) {
        return URI.create("https://127.0.0.1:" + port);
    }

    private void assertNoticed(String what) {
        over = true;
        assertThatThrownBy(() -> watch.afterEach(null))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(what);
    }
}
