package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.RawServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** Name servers that deny, say nothing, or change their minds; a host with addresses that are dead. Times are divided by 20. */
class DnsRowsTest {

    private static final String HOST = "api.closecrm.test";

    /** The first call of a JVM loads classes, which no time limit here allows for. */
    @BeforeAll
    static void warmUp() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.1"));
                CloseCrmClient client = client(
                        server.baseUrl().getPort(), ConnectionOptions.builder().nameServers(List.of(dns.at())))) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
    }

    @Test
    void row17_nxdomainIsADnsFaultAndNothingIsSent() throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN);
                RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = client(server.baseUrl().getPort(), dns.at())) {
            long begun = System.nanoTime();
            Fault fault = Fault.of(client)
                    .unsentIn(Phase.DNS)
                    .timedOut(false)
                    .passing()
                    .saying(HOST);
            assertThat(fault.error().attempts()).isEqualTo(4);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            assertThat(dns.queries()).anyMatch(query -> query.name().equals(HOST + "."));
            assertThat(server.requests()).isEmpty();
        }
    }

    /** One silent server is given up after one query each; of a dozen, the attempt's own limit ends the asking. */
    @ParameterizedTest
    @CsvSource({"1, 500", "12, 1250"})
    void row18_aSilentNameServerIsADnsTimeOutWithinTheAttempt(int servers, int millis) throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> null);
                CloseCrmClient client = client(1, Collections.nCopies(servers, dns.at()))) {
            long begun = System.nanoTime();
            Fault fault = Fault.of(client).unsentIn(Phase.DNS).timedOut(true).passing();
            // Each attempt: 2 s / 20 for the query, or 15 s / 20 for all; and what a busy machine takes to notice. The
            // waits
            // between four attempts are 0.1, 0.2 and 0.4 s at most.
            assertThat(fault.error().attempts()).isEqualTo(4);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(4 * millis + 700));
            assertThat(dns.queries()).isNotEmpty();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void row19_theSecondAddressIsTakenWhenTheFirstIsDead() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.77", "127.0.0.1"));
                CloseCrmClient client = client(server.baseUrl().getPort(), dns.at())) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            assertThat(server.requests()).hasSize(1);
        }
    }

    /** As above, but nothing comes back from the first address at all. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void row19_theSecondAddressIsTakenWhenTheFirstIsSilent() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                BlackHole hole = new BlackHole("127.0.0.78", server.baseUrl().getPort());
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, hole.address, "127.0.0.1"));
                CloseCrmClient client = client(server.baseUrl().getPort(), dns.at())) {
            long begun = System.nanoTime();
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
            // The connect time-out once, 5 s / 20, and an attempt.
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isBetween(Duration.ofMillis(250), Duration.ofMillis(250 + 750));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void row20_aChangedAddressIsFollowedWithinTheLifeTimeAndTheCeiling() throws Exception {
        AtomicReference<String> address = new AtomicReference<>("127.0.0.1");
        AtomicLong lastOld = new AtomicLong();
        AtomicInteger sinceLastOld = new AtomicInteger();
        RawServer.Script old = (request, wire) -> {
            lastOld.set(System.nanoTime());
            sinceLastOld.set(0);
            wire.write(Answers.OK);
        };
        RawServer.Script young = (request, wire) -> {
            sinceLastOld.incrementAndGet();
            wire.write(Answers.OK);
        };
        try (RawServer from = RawServer.plain(old);
                RawServer to = RawServer.plainAt("127.0.0.79", from.baseUrl().getPort(), young);
                // The name server allows an hour; the ceiling is what counts.
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(3600, address.get()));
                CloseCrmClient client = client(
                        from.baseUrl().getPort(),
                        ConnectionOptions.builder()
                                .nameServers(List.of(dns.at()))
                                .maxConnections(4)
                                .maxLifeTime(Duration.ofMillis(500))
                                .evictionInterval(Duration.ofMillis(100))
                                .dnsCacheCeiling(Duration.ofSeconds(1)))) {
            AtomicLong changed = new AtomicLong();
            client.deleteContacts(Flux.interval(Duration.ofMillis(2))
                            .onBackpressureDrop()
                            .map(i -> "cont_" + i)
                            .takeUntil(id -> sinceLastOld.get() > 300))
                    .doOnNext(result -> {
                        assertThat(result.outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
                        if (result.index() == 100) {
                            address.set("127.0.0.79");
                            changed.set(System.nanoTime());
                        }
                    })
                    .blockLast(Fault.LIMIT);
            assertThat(to.requests()).hasSizeGreaterThan(300);
            assertThat(Duration.ofNanos(lastOld.get() - changed.get()))
                    .isLessThan(Duration.ofMillis(500 + 50 + 1_000 + 500));
        }
    }

    @Test
    void theResolverOfTheJvmIsAskedOffTheEventLoops() throws Exception {
        // BlockHound is awake in all of these tests; a lookup on an event loop would fail.
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                CloseCrmClient client = CloseCrmClient.builder()
                        .credentials(Credentials.apiKey("api_test"))
                        .baseUrl(server.baseUrl())
                        .connections(ConnectionOptions.builder()
                                .resolver(ConnectionOptions.Resolver.JVM)
                                .build())
                        .build()) {
            assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
        }
        try (CloseCrmClient client = CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(URI.create("https://nowhere.invalid"))
                .connections(ConnectionOptions.builder()
                        .resolver(ConnectionOptions.Resolver.JVM)
                        .build())
                .build()) {
            Fault.of(client).unsentIn(Phase.DNS).passing();
        }
    }

    /** What the process has of them is counted, since a socket that nobody closes is seen nowhere else. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aClientLeavesNoUdpSocketBehind() throws Exception {
        try (RawServer server = RawServer.plain((request, wire) -> wire.write(Answers.OK));
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.1"))) {
            int before = udpSockets();
            for (int i = 0; i < 20; i++) {
                try (CloseCrmClient client = client(server.baseUrl().getPort(), dns.at())) {
                    assertThat(Fault.delete(client).outcome().kind()).isEqualTo(DeleteOutcome.Kind.DELETED);
                }
            }
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (udpSockets() > before && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertThat(udpSockets()).isLessThanOrEqualTo(before);
        }
    }

    private static int udpSockets() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/self/net/udp")));
        lines.addAll(Files.readAllLines(Path.of("/proc/self/net/udp6")));
        Set<String> udp = lines.stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(columns -> columns.length > 9)
                .map(columns -> "socket:[" + columns[9] + "]")
                .collect(Collectors.toSet());
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return (int) open.filter(fd -> {
                        try {
                            return udp.contains(Files.readSymbolicLink(fd).toString());
                        } catch (IOException closed) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    private static CloseCrmClient client(int port, InetSocketAddress dns) {
        return client(port, List.of(dns));
    }

    private static CloseCrmClient client(int port, List<InetSocketAddress> dns) {
        return client(
                port,
                ConnectionOptions.builder()
                        .nameServers(dns)
                        .dnsQueryTimeout(Duration.ofMillis(100))
                        .connectTimeout(Duration.ofMillis(250))
                        .attemptTimeout(Duration.ofMillis(750)));
    }

    private static CloseCrmClient client(int port, ConnectionOptions.Builder connections) {
        return CloseCrmClient.builder()
                .credentials(Credentials.apiKey("api_test"))
                .baseUrl(URI.create("http://" + HOST + ":" + port))
                .allowPlaintext()
                .connections(connections.build())
                .build();
    }

    /** Listens and never accepts, until its queue is full: from then on the system drops what wants to connect. */
    private static final class BlackHole implements AutoCloseable {

        final String address;
        private final ServerSocket listener;
        private final List<Socket> crowd = new ArrayList<>();

        BlackHole(String address, int port) throws IOException {
            this.address = address;
            this.listener = new ServerSocket(port, 1, InetAddress.getByName(address));
            try {
                while (true) {
                    Socket socket = new Socket();
                    crowd.add(socket);
                    socket.connect(listener.getLocalSocketAddress(), 200);
                }
            } catch (SocketTimeoutException full) {
                return;
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : crowd) {
                socket.close();
            }
            listener.close();
        }
    }
}
