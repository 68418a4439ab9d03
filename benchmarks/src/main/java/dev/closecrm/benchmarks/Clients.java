package dev.closecrm.benchmarks;

import dev.closecrm.core.Credentials;
import dev.closecrm.reactor.CloseCrmClient;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** The client and its twin, both with 32 connections to the same sandbox. */
@State(Scope.Benchmark)
public class Clients {

    static final int CONNECTIONS = 32;

    private static final int IDS = 100_000;

    private SandboxProcess sandbox;
    private CloseCrmClient client;
    private ConnectionProvider pool;
    private HttpClient bare;
    private String[] ids;
    private URI[] urls;
    private int next;

    /**
     * Starts the sandbox and both clients.
     *
     * @throws IOException if the sandbox does not start
     */
    @Setup(Level.Trial)
    public void start() throws IOException {
        sandbox = SandboxProcess.start();
        Credentials credentials = Credentials.apiKey(sandbox.apiKey());
        client = CloseCrmClient.builder()
                .credentials(credentials)
                .baseUrl(sandbox.baseUrl())
                .build();
        pool = ConnectionProvider.builder("bare")
                .maxConnections(CONNECTIONS)
                .pendingAcquireMaxCount(-1)
                .build();
        bare = HttpClient.create(pool)
                .headers(headers -> headers.set(HttpHeaderNames.AUTHORIZATION, credentials.authorization()));
        ids = new String[IDS];
        urls = new URI[IDS];
        for (int i = 0; i < IDS; i++) {
            ids[i] = "cont_bwwjJ7eUgNNQKhbAlLqKXTRJZtLLZTWTmJCDkw" + (100_000 + i);
            urls[i] = URI.create(sandbox.baseUrl() + "/api/v1/contact/" + ids[i] + "/");
        }
    }

    /** Ends both clients and the sandbox. */
    @TearDown(Level.Trial)
    public void stop() {
        client.close();
        pool.disposeLater().block(Duration.ofSeconds(10));
        sandbox.close();
    }

    CloseCrmClient client() {
        return client;
    }

    int next() {
        next = (next + 1) % IDS;
        return next;
    }

    String id(int i) {
        return ids[i];
    }

    /** The same request on bare Reactor Netty: status checked, body received, and nothing else. */
    Mono<Void> bareDelete(int i) {
        return Mono.fromDirect(bare.delete().uri(urls[i]).responseConnection((response, connection) -> {
            if (response.status().code() != 200) {
                return Mono.error(new IllegalStateException("status " + response.status()));
            }
            return connection.inbound().receive().then();
        }));
    }
}
