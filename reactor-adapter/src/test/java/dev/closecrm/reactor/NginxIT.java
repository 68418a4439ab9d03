package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.Protocol;
import io.netty.pkitesting.X509Bundle;
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
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/**
 * A server that knows nothing of this project: nginx, plain and over TLS, answers 200 for ids that end in a 1 and 404 for
 * others. Skipped where nginx is not installed.
 */
@EnabledIf("nginxIsInstalled")
class NginxIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final X509Bundle CERTIFICATE = RawServer.certificate("localhost");

    @TempDir
    static Path home;

    private static Process nginx;
    private static int plainPort;
    private static int tlsPort;
    private static int http2Port;

    static boolean nginxIsInstalled() {
        return binary() != null;
    }

    @BeforeAll
    static void start() throws Exception {
        plainPort = freePort();
        tlsPort = freePort();
        http2Port = freePort();
        Files.writeString(home.resolve("cert.pem"), CERTIFICATE.getCertificatePathPEM());
        Files.writeString(home.resolve("key.pem"), CERTIFICATE.getPrivateKeyPEM());
        Files.writeString(home.resolve("nginx.conf"), """
                daemon off;
                pid nginx.pid;
                error_log error.log;
                worker_processes 1;
                events { worker_connections 256; }
                http {
                    access_log access.log;
                    client_body_temp_path body;
                    proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi;
                    scgi_temp_path scgi;
                    keepalive_requests 100;
                    default_type application/json;
                    server {
                        listen 127.0.0.1:%d;
                        listen 127.0.0.1:%d ssl;
                        listen 127.0.0.1:%d ssl http2;
                        ssl_certificate cert.pem;
                        ssl_certificate_key key.pem;
                        location ~ ^/api/v1/contact/cont_[A-Za-z0-9]*1/$ {
                            if ($request_method != DELETE) { return 405 '{"error": "method"}'; }
                            if ($http_authorization != "Basic YXBpX3Rlc3Q6") { return 401 '{"error": "key"}'; }
                            return 200 '{}';
                        }
                        location /api/v1/contact/ { return 404 '{"error": "Not found"}'; }
                        location /api/v1/contact/cont_html/ { default_type text/html; return 404 '<html></html>'; }
                    }
                }
                """.formatted(plainPort, tlsPort, http2Port));
        nginx = new ProcessBuilder(binary(), "-p", home.toString(), "-c", "nginx.conf")
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("out.log").toFile())
                .start();
        awaitListening(plainPort);
        awaitListening(tlsPort);
        awaitListening(http2Port);
    }

    @AfterAll
    static void stop() throws Exception {
        nginx.destroy();
        assertThat(nginx.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachContactGetsItsOwnAnswer(boolean tls) {
        try (CloseCrmClient client = client(tls, "api_test")) {
            // More than nginx serves on one connection, so that it hangs up in between.
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
    void eachContactGetsItsOwnAnswerOverHttp2ThoughTheServerLeavesInBetween() throws IOException {
        try (CloseCrmClient client = client(
                "https://localhost:" + http2Port,
                "api_test",
                ConnectionOptions.builder().protocol(Protocol.HTTP_2))) {
            // nginx says goodbye after 100 requests, and does not look at what was sent after the last of them.
            List<DeleteResult<String>> results = client.deleteContacts(
                            Flux.range(0, 1_000).map(i -> "cont_h2x" + i))
                    .collectList()
                    .block(LIMIT);
            // Not one is "deleted, inferred": what was sent in vain is known to have been.
            assertThat(results)
                    .hasSize(1_000)
                    .allSatisfy(result -> assertThat(result.outcome())
                            .as(result.toString())
                            .isEqualTo(
                                    result.item().endsWith("1")
                                            ? new DeleteOutcome.Deleted(Confirmation.CONFIRMED)
                                            : new DeleteOutcome.NotFound()));
        }
        awaitLogged("DELETE /api/v1/contact/cont_h2x[0-9]+/ HTTP/2.0", 1_000);
    }

    /** nginx writes a line when it is done with a request, which may be a moment after the answer. */
    private static void awaitLogged(String request, int times) throws IOException {
        Pattern line = Pattern.compile("\"" + request + "\"");
        long end = System.nanoTime() + LIMIT.toNanos();
        long logged = 0;
        while (logged < times && System.nanoTime() < end) {
            logged = Files.readAllLines(home.resolve("access.log")).stream()
                    .filter(line.asPredicate())
                    .count();
        }
        assertThat(logged).isEqualTo(times);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRefusedKeyAndAPageOfHtmlAreToldApart(boolean tls) {
        try (CloseCrmClient client = client(tls, "api_wrong")) {
            assertThat(failure(client, "cont_1")).startsWith("UNAUTHORIZED");
            assertThat(failure(client, "cont_html")).startsWith("UNEXPECTED_RESPONSE");
        }
    }

    @Test
    void nothingIsSentToAServerWhoseCertificateIsNotTrusted() throws IOException {
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(URI.create("https://localhost:" + tlsPort))
                .build()) {
            assertThat(failure(client, "cont_untrusted1"))
                    .startsWith("TRANSPORT")
                    .contains("TLS");
        }
        assertThat(Files.readString(home.resolve("access.log"))).doesNotContain("cont_untrusted1");
    }

    private static String failure(CloseCrmClient client, String id) {
        DeleteOutcome outcome =
                client.tryDeleteContact(ContactId.of(id)).block(LIMIT).outcome();
        var error = ((DeleteOutcome.Failed) outcome).error();
        return error.code() + " " + error.getMessage();
    }

    private static CloseCrmClient client(boolean tls, String key) {
        return client(
                tls ? "https://localhost:" + tlsPort : "http://localhost:" + plainPort,
                key,
                ConnectionOptions.builder());
    }

    private static CloseCrmClient client(String baseUrl, String key, ConnectionOptions.Builder options) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey(key))
                .baseUrl(URI.create(baseUrl))
                .connections(options.trustManagerFactory(CERTIFICATE.toTrustManagerFactory())
                        .build())
                .build();
    }

    private static String binary() {
        return List.of("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx").stream()
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst()
                .orElse(null);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitListening(int port) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException notYet) {
                if (!nginx.isAlive() || System.nanoTime() > end) {
                    throw new IllegalStateException(
                            "nginx did not start: " + Files.readString(home.resolve("out.log")), notYet);
                }
                Thread.onSpinWait();
            }
        }
    }
}
