package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** A proxy that knows nothing of this project: tinyproxy, with a password and a log. Skipped where it is not installed. */
@EnabledIf("tinyproxyIsInstalled")
class ProxyRowsIT {

    private static final String KEY = "api_behindAProxy";
    private static final String PASSWORD = "s3cretOfTheProxy";

    @TempDir
    static Path home;

    private static Process tinyproxy;
    private static int port;
    private static RawServer plain;
    private static RawServer secure;

    static boolean tinyproxyIsInstalled() {
        return binary() != null;
    }

    @BeforeAll
    static void start() throws Exception {
        RawServer.Script script = (request, wire) -> wire.write(Answers.about(request.contactId()));
        plain = RawServer.plain(script);
        secure = RawServer.tls(script);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(home.resolve("tinyproxy.conf"), """
                Port %d
                Listen 127.0.0.1
                Timeout 60
                LogFile "%s"
                LogLevel Info
                MaxClients 50
                Allow 127.0.0.1
                BasicAuth user %s
                ConnectPort %d
                ConnectPort %d
                """.formatted(
                        port,
                        home.resolve("proxy.log"),
                        PASSWORD,
                        plain.baseUrl().getPort(),
                        secure.baseUrl().getPort()));
        tinyproxy = new ProcessBuilder(
                        binary(), "-d", "-c", home.resolve("tinyproxy.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("out.log").toFile())
                .start();
        long end = System.nanoTime() + Fault.LIMIT.toNanos();
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException notYet) {
                if (!tinyproxy.isAlive() || System.nanoTime() > end) {
                    throw new IllegalStateException(
                            "tinyproxy did not start: " + Files.readString(home.resolve("out.log")), notYet);
                }
                Thread.onSpinWait();
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        tinyproxy.destroy();
        assertThat(tinyproxy.waitFor(20, TimeUnit.SECONDS)).isTrue();
        plain.close();
        secure.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void row89_theLogOfTheProxyShowsATunnelAndNoKey(boolean tls) throws Exception {
        try (CloseCrmClient client = client(tls ? secure : plain, PASSWORD)) {
            var results = client.deleteContacts(Flux.range(0, 200).map(i -> "cont_" + i))
                    .collectList()
                    .block(Fault.LIMIT);
            assertThat(results)
                    .hasSize(200)
                    .allSatisfy(result -> assertThat(result.outcome().kind())
                            .as(result.toString())
                            .isEqualTo(
                                    result.item().endsWith("1")
                                            ? DeleteOutcome.Kind.DELETED
                                            : DeleteOutcome.Kind.NOT_FOUND));
        }
        assertThat(Files.readString(home.resolve("proxy.log")))
                .contains(
                        "CONNECT localhost:" + (tls ? secure : plain).baseUrl().getPort())
                .doesNotContain("DELETE ", KEY, Credentials.apiKey(KEY).authorization());
    }

    @Test
    void row90_aWrongPasswordIsALastingProxyFault() {
        try (CloseCrmClient client = client(secure, "wr0ng")) {
            Fault fault = Fault.of(client).unsentIn(Phase.PROXY).lasting().saying("user name and password");
            assertThat(fault.trace()).doesNotContain("wr0ng");
        }
    }

    @Test
    void row90_noPasswordIsALastingProxyFault() {
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey(KEY))
                .baseUrl(secure.baseUrl())
                .connections(ConnectionOptions.builder()
                        .proxy(ProxyOptions.http("127.0.0.1", port))
                        .build())
                .build()) {
            Fault.of(client).unsentIn(Phase.PROXY).lasting().saying("407");
        }
    }

    @Test
    void row90_aServiceThatTheProxyCannotReachIsAPassingProxyFault() throws Exception {
        RawServer gone = RawServer.plainAt("127.0.0.77", secure.baseUrl().getPort(), (request, wire) -> {});
        gone.close();
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey(KEY))
                .baseUrl(URI.create("https://127.0.0.77:" + secure.baseUrl().getPort()))
                .connections(options(PASSWORD))
                .build()) {
            Fault.of(client).unsentIn(Phase.PROXY).passing();
        }
    }

    private static CloseCrmClient client(RawServer server, String password) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(KEY))
                .baseUrl(server.baseUrl())
                .connections(options(password))
                .build();
    }

    private static ConnectionOptions options(String password) {
        return ConnectionOptions.builder()
                .proxy(ProxyOptions.http("127.0.0.1", port).credentials("user", password))
                .connectTimeout(Duration.ofSeconds(5))
                .trustManagerFactory(RawServer.trust())
                .build();
    }

    private static String binary() {
        return List.of(
                        "/usr/bin/tinyproxy",
                        "/usr/sbin/tinyproxy",
                        "/usr/local/bin/tinyproxy",
                        "/opt/homebrew/bin/tinyproxy")
                .stream()
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst()
                .orElse(null);
    }
}
