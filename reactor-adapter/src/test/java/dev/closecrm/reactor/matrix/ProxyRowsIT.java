package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/**
 * Rows 89 and 90 with a proxy that knows nothing of this project: tinyproxy, with a password and a log. Skipped where it is not
 * installed.
 */
@EnabledIf("tinyproxyIsInstalled")
@ExtendWith(Watch.class)
class ProxyRowsIT {

    @TempDir
    static Path home;

    private static Process tinyproxy;
    private static int port;
    private static final Map<Over, Service> PLAIN = new EnumMap<>(Over.class);
    private static final Map<Over, Service> SECURE = new EnumMap<>(Over.class);

    static boolean tinyproxyIsInstalled() {
        return binary() != null;
    }

    @BeforeAll
    static void start() throws Exception {
        StringBuilder allowed = new StringBuilder();
        for (Over over : Over.values()) {
            PLAIN.put(over, Service.plain(over, Service.ABOUT));
            SECURE.put(over, Service.tls(over, Service.ABOUT));
            allowed.append("ConnectPort ").append(PLAIN.get(over).port()).append('\n');
            allowed.append("ConnectPort ").append(SECURE.get(over).port()).append('\n');
        }
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
                BasicAuth %s %s
                %s
                """.formatted(
                        port, home.resolve("proxy.log"), Watch.USER, Watch.PASSWORD, allowed));
        tinyproxy = new ProcessBuilder(
                        binary(), "-d", "-c", home.resolve("tinyproxy.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("out.log").toFile())
                .start();
        Eventually.is("tinyproxy listens", Small.LIMIT, ProxyRowsIT::listens);
    }

    private static boolean listens() {
        try {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
            return true;
        } catch (IOException notYet) {
            assertThat(tinyproxy.isAlive()).as("what it wrote is in out.log").isTrue();
            return false;
        }
    }

    @AfterAll
    static void stop() throws Exception {
        tinyproxy.destroy();
        assertThat(tinyproxy.waitFor(20, TimeUnit.SECONDS)).isTrue();
        for (Over over : Over.values()) {
            PLAIN.get(over).close();
            SECURE.get(over).close();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, HTTP_1_1", "false, HTTP_2", "true, HTTP_1_1", "true, HTTP_2"})
    void row89_theLogOfTheProxyShowsATunnelAndNoKey(boolean tls, Over over) throws Exception {
        Service service = (tls ? SECURE : PLAIN).get(over);
        CloseCrmClient client = client(service.baseUrl(), over, proxy(Watch.PASSWORD));
        List<DeleteResult<String>> results = client.deleteContacts(
                        Flux.range(0, 200).map(i -> "cont_" + i))
                .collectList()
                .block(Small.LIMIT);
        assertThat(results).hasSize(200).allSatisfy(result -> {
            assertThat(result.outcome().kind())
                    .as(result.toString())
                    .isEqualTo(result.item().endsWith("1") ? Kind.DELETED : Kind.NOT_FOUND);
            assertThat(result.attempts()).isEqualTo(1);
        });
        assertThat(service.requests()).hasSize(200);
        assertThat(Files.readString(home.resolve("proxy.log")))
                .contains("CONNECT " + service.baseUrl().getHost() + ":" + service.port())
                .doesNotContain("DELETE ", Watch.KEY, Watch.ENCODED_KEY);
    }

    @ParameterizedTest
    @EnumSource
    void row90_aWrongPasswordIsALastingProxyFault(Over over) {
        int before = SECURE.get(over).connections();
        Unanswered.of(Small.delete(client(SECURE.get(over).baseUrl(), over, proxy(Watch.PASSWORD + "?"))))
                .in(Phase.PROXY)
                .unsent()
                .lasting()
                .saying("user name and password");
        assertThat(SECURE.get(over).connections()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void row90_noPasswordIsALastingProxyFault(Over over) {
        Unanswered.of(Small.delete(client(SECURE.get(over).baseUrl(), over, ProxyOptions.http("127.0.0.1", port))))
                .in(Phase.PROXY)
                .unsent()
                .lasting()
                .saying("407");
    }

    @ParameterizedTest
    @EnumSource
    void row90_aServiceThatTheProxyCannotReachIsAPassingProxyFault(Over over) {
        // The proxy allows the port, and nobody listens at it on this address.
        URI nowhere = URI.create("https://127.0.0.77:" + SECURE.get(over).port());
        Unanswered.of(Small.delete(client(nowhere, over, proxy(Watch.PASSWORD))))
                .in(Phase.PROXY)
                .unsent()
                .passing();
    }

    private static CloseCrmClient client(URI baseUrl, Over over, ProxyOptions proxy) {
        return Small.client(
                baseUrl,
                over,
                connections -> connections
                        .proxy(proxy)
                        .trustManagerFactory(SECURE.get(over).trust()));
    }

    private static ProxyOptions proxy(String password) {
        return ProxyOptions.http("127.0.0.1", port).credentials(Watch.USER, password);
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
