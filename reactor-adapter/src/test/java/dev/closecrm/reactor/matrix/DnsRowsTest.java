package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.IOException;
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
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/** Rows 17 to 20: name servers that deny, say nothing, or change their minds; a host with addresses that are dead. */
@ExtendWith(Watch.class)
@ParameterizedClass
@EnumSource
class DnsRowsTest {

    private static final String HOST = "api.closecrm.test";
    private static final int ATTEMPTS = Unanswered.ALL_ATTEMPTS;
    private static final ConnectionOptions DEFAULTS = ConnectionOptions.defaults();
    private static final Duration QUERY = Small.small(DEFAULTS.dnsQueryTimeout());
    private static final Duration CONNECT = Small.small(DEFAULTS.connectTimeout());
    private static final Duration ATTEMPT = Small.small(DEFAULTS.attemptTimeout());

    /** What a busy machine may take to notice, and to load classes: less than one query at its default limit. */
    private static final Duration NOTICING = Duration.ofSeconds(5);

    private final Over over;

    DnsRowsTest(Over over) {
        this.over = over;
    }

    @Test
    void row17_nxdomainIsADnsFaultAndNothingIsSent() throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.NXDOMAIN);
                Service server = Service.plain(over, Service.OK)) {
            // Limits as they are: a query that is waited for would take most of what is allowed here.
            Unanswered fault = Unanswered.of(Small.delete(client(server.port(), servers(1, dns))))
                    .in(Phase.DNS)
                    .unsent()
                    .timedOut(false)
                    .passing()
                    .saying(HOST);
            assertThat(fault.result().elapsed()).isLessThan(NOTICING);
            assertThat(dns.queries())
                    .hasSizeGreaterThanOrEqualTo(ATTEMPTS)
                    .allMatch(query -> query.name().startsWith("api."));
            assertThat(server.connections()).isZero();
        }
    }

    @Test
    void row18_aSilentNameServerIsADnsTimeOutWithinAQuery() throws Exception {
        assertSilence(1, QUERY, connections -> connections.dnsQueryTimeout(QUERY));
    }

    /** A dozen of them would be asked for longer than an attempt may take. */
    @Test
    void row18_manySilentNameServersAreADnsTimeOutWithinTheAttempt() throws Exception {
        assertSilence(12, ATTEMPT, connections -> connections.attemptTimeout(ATTEMPT));
    }

    private void assertSilence(int servers, Duration limit, UnaryOperator<ConnectionOptions.Builder> settings)
            throws Exception {
        try (ScriptedDns dns = ScriptedDns.start(query -> null)) {
            CloseCrmClient client = client(
                    1, connections -> settings.apply(servers(servers, dns).apply(connections)));
            Unanswered fault = Unanswered.of(Small.delete(client))
                    .in(Phase.DNS)
                    .unsent()
                    .timedOut(true)
                    .passing();
            Duration all = limit.multipliedBy(ATTEMPTS);
            assertThat(fault.result().elapsed()).isBetween(all, all.plus(NOTICING));
            assertThat(dns.queries()).isNotEmpty();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void row19_theSecondAddressIsTakenWhenTheFirstIsDead() throws Exception {
        try (Service server = Service.plain(over, Service.OK);
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.77", "127.0.0.1"))) {
            assertDeletedInOneAttempt(Small.delete(client(server.port(), servers(1, dns))));
            assertThat(server.requests()).hasSize(1);
        }
    }

    /** As above, but nothing comes back from the first address at all. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void row19_theSecondAddressIsTakenWhenTheFirstIsSilent() throws Exception {
        try (Service server = Service.plain(over, Service.OK);
                BlackHole hole = BlackHole.open("127.0.0.78", server.port());
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, hole.address(), "127.0.0.1"))) {
            DeleteResult<ContactId> result = Small.delete(client(
                    server.port(),
                    connections -> servers(1, dns).apply(connections).connectTimeout(CONNECT)));
            assertDeletedInOneAttempt(result);
            // The connect time-out once.
            assertThat(result.elapsed()).isBetween(CONNECT, CONNECT.plus(NOTICING));
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void row20_aChangedAddressIsFollowedWithinTheLifeTimeAndTheCeiling() throws Exception {
        Duration life = Duration.ofMillis(500);
        Duration ceiling = Duration.ofSeconds(1);
        AtomicReference<String> address = new AtomicReference<>("127.0.0.1");
        AtomicLong lastOld = new AtomicLong();
        AtomicInteger sinceLastOld = new AtomicInteger();
        Service.Script old = (request, reply) -> {
            lastOld.set(System.nanoTime());
            sinceLastOld.set(0);
            reply.json(200, "{}");
        };
        Service.Script young = (request, reply) -> {
            sinceLastOld.incrementAndGet();
            reply.json(200, "{}");
        };
        try (Service from = Service.plain(over, old);
                Service to = Service.plainAt("127.0.0.79", from.port(), over, young);
                // The name server allows an hour; the ceiling is what counts.
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(3600, address.get()))) {
            CloseCrmClient client = client(
                    from.port(),
                    connections -> servers(1, dns)
                            .apply(connections)
                            .maxConnections(4)
                            .maxLifeTime(life)
                            .evictionInterval(Duration.ofMillis(100))
                            .dnsCacheCeiling(ceiling));
            AtomicLong changed = new AtomicLong();
            client.deleteContacts(Flux.interval(Duration.ofMillis(2))
                            .onBackpressureDrop()
                            .map(i -> "cont_" + i)
                            .takeUntil(id -> sinceLastOld.get() > 300))
                    .doOnNext(result -> {
                        assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
                        assertThat(result.attempts()).isEqualTo(1);
                        if (result.index() == 100) {
                            address.set("127.0.0.79");
                            changed.set(System.nanoTime());
                        }
                    })
                    .blockLast(Small.LIMIT);
            assertThat(to.requests()).hasSizeGreaterThan(300);
            assertThat(Duration.ofNanos(lastOld.get() - changed.get()))
                    .isLessThan(life.plus(ceiling).plus(NOTICING));
        }
    }

    @Test
    void theResolverOfTheJvmIsAskedOffTheEventLoops() throws Exception {
        // BlockHound is awake in all of these tests; a lookup on an event loop would fail.
        UnaryOperator<ConnectionOptions.Builder> jvm =
                connections -> connections.resolver(ConnectionOptions.Resolver.JVM);
        try (Service server = Service.plain(over, Service.OK)) {
            URI named = URI.create("http://localhost:" + server.port());
            assertDeletedInOneAttempt(Small.delete(Small.client(named, over, jvm)));
        }
        Unanswered.of(Small.delete(Small.client(URI.create("https://nowhere.invalid"), over, jvm)))
                .in(Phase.DNS)
                .unsent()
                .passing();
    }

    /** What the process has of them is counted, since a socket that nobody closes is seen nowhere else. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aClientLeavesNoUdpSocketBehind() throws Exception {
        try (Service server = Service.plain(over, Service.OK);
                ScriptedDns dns = ScriptedDns.start(query -> ScriptedDns.addresses(60, "127.0.0.1"))) {
            int before = udpSockets();
            for (int i = 0; i < 20; i++) {
                try (CloseCrmClient client = client(server.port(), servers(1, dns))) {
                    assertDeletedInOneAttempt(Small.delete(client));
                }
            }
            Eventually.is("no more UDP sockets than before", Small.LIMIT, () -> udpSockets() <= before);
        }
    }

    private static int udpSockets() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/self/net/udp")));
            lines.addAll(Files.readAllLines(Path.of("/proc/self/net/udp6")));
            Set<String> udp = lines.stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(columns -> columns.length > 9)
                    .map(columns -> "socket:[" + columns[9] + "]")
                    .collect(Collectors.toSet());
            return (int) open.filter(fd -> {
                        try {
                            return udp.contains(Files.readSymbolicLink(fd).toString());
                        } catch (IOException closed) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertDeletedInOneAttempt(DeleteResult<ContactId> result) {
        assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
        assertThat(result.attempts()).isEqualTo(1);
    }

    private static UnaryOperator<ConnectionOptions.Builder> servers(int number, ScriptedDns dns) {
        return connections -> connections.nameServers(Collections.nCopies(number, dns.at()));
    }

    private CloseCrmClient client(int port, UnaryOperator<ConnectionOptions.Builder> settings) {
        return Small.client(URI.create("http://" + HOST + ":" + port), over, settings);
    }
}
