package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteOutcome.Reason;
import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.QuotaSnapshot.Pacing;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.RateLimit;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Several keys of one tenant, and several tenants with one client. */
@ExtendWith(Watch.class)
class TenantsTest {

    // Longer than the secret that must not be told, which they contain.
    private static final String ONE = Watch.KEY + "1";
    private static final String TWO = Watch.KEY + "2";
    private static final String THREE = Watch.KEY + "3";

    private static final int MANY = 10_000;

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.closecrm.reactor");
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private int deleted;

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(appender);
    }

    // ---- several keys

    @ParameterizedTest
    @EnumSource
    void aKeyThatIsRefusedIsTakenOutAndTheOthersGoOn(Over over) {
        try (CloseCrmSandbox sandbox =
                sandbox(over, 100, builder -> builder.apiKey(ONE).apiKey(THREE))) {
            CloseCrmClient client = client(sandbox.baseUrl(), over);
            assertThat(kinds(client, sandbox.contactIds().subList(0, 50)))
                    .hasSize(50)
                    .containsOnly(Kind.DELETED);
            assertThat(pacing(client)).containsExactly(Pacing.UNLIMITED, Pacing.REMOVED, Pacing.UNLIMITED);
            assertThat(warnings())
                    .singleElement()
                    .satisfies(text -> assertThat(text)
                            .startsWith("API key 2 of 3 was refused with 401")
                            .doesNotContain(TWO));
            long before = sandbox.ledger().requests();
            assertThat(kinds(client, sandbox.contactIds().subList(50, 100)))
                    .hasSize(50)
                    .containsOnly(Kind.DELETED);
            assertThat(sandbox.ledger().requests()).isEqualTo(before + 50);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLastKeyIsNotTakenOutAndItsRefusalIsTheCallers(Over over) {
        try (CloseCrmSandbox sandbox = sandbox(over, 1, builder -> builder.apiKey("api_another"))) {
            CloseCrmClient client = client(sandbox.baseUrl(), over);
            assertThat(Small.error(Small.delete(client, Small.first(sandbox))))
                    .isInstanceOf(UnauthorizedException.class);
            assertThat(sandbox.ledger().requests()).isEqualTo(3);
            assertThat(pacing(client)).containsOnlyOnce(Pacing.UNLIMITED);
            assertThat(Small.error(Small.delete(client, Small.first(sandbox))))
                    .isInstanceOf(UnauthorizedException.class);
            assertThat(sandbox.ledger().requests()).isEqualTo(3 + 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKeyOfAnotherOrganisationMisleadsNobodyAndIsTakenOut(Over over) throws Exception {
        String foreign = Credentials.apiKey(ONE).authorization();
        Service.Script script = (request, reply) -> {
            if (request.header("authorization").equals(foreign)) {
                reply.json(404, "{\"error\": \"Not found\"}");
            } else {
                Service.ABOUT.answer(request, reply);
            }
        };
        try (Service service = Service.plain(over, script)) {
            CloseCrmClient client = client(service.baseUrl(), over);
            for (int i = 0; i < 30; i++) {
                assertThat(Small.delete(client, ContactId.of("cont_" + i + "1"))
                                .outcome()
                                .kind())
                        .isEqualTo(Kind.DELETED);
            }
            assertThat(service.requests().stream()
                            .filter(request -> request.header("authorization").equals(foreign)))
                    .hasSize(3);
            assertThat(pacing(client)).containsExactly(Pacing.REMOVED, Pacing.UNLIMITED, Pacing.UNLIMITED);
            assertThat(warnings())
                    .singleElement()
                    .satisfies(text -> assertThat(text).startsWith("API key 1 of 3 seems to be of another"));
            assertThat(Small.delete(client, ContactId.of("cont_2")).outcome().kind())
                    .isEqualTo(Kind.NOT_FOUND);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aContactThatIsNotThereIsAskedOfEachKeyAsLongAsNoneHasShownAnything(Over over) {
        UnaryOperator<CloseCrmSandbox.Builder> all =
                builder -> builder.apiKey(ONE).apiKey(TWO).apiKey(THREE);
        try (CloseCrmSandbox sandbox = sandbox(over, 0, all)) {
            CloseCrmClient client = client(sandbox.baseUrl(), over);
            assertThat(Small.delete(client).outcome().kind()).isEqualTo(Kind.NOT_FOUND);
            assertThat(sandbox.ledger().requests()).isEqualTo(3);
            assertThat(warnings()).isEmpty();
        }
    }

    // ---- several tenants

    @ParameterizedTest
    @EnumSource
    void anotherTenantHasAQuotaOfItsOwnAndTheSameConnections(Over over) {
        try (CloseCrmSandbox sandbox = sandbox(over, 10, TenantsTest::limited)) {
            CloseCrmClient one = oneConnection(sandbox, over);
            CloseCrmClient two = one.withCredentials(Credentials.apiKey(TWO));
            delete(one, sandbox, 3);
            assertThat(one.quota().remaining()).isEqualTo(5 - 3);
            assertThat(two.quota().keys()).containsExactly(new QuotaSnapshot.Limit(null, null, null, 0, Pacing.COLD));
            delete(two, sandbox, 1);
            assertThat(two.quota().remaining()).isEqualTo(5 - 1);
            assertThat(one.quota().remaining()).isEqualTo(5 - 3);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTenantThatIsShortOfQuotaHoldsUpNobodyElse(Over over) {
        try (CloseCrmSandbox sandbox = sandbox(over, 20, TenantsTest::limited)) {
            CloseCrmClient one = oneConnection(sandbox, over);
            CloseCrmClient two = one.withCredentials(Credentials.apiKey(TWO));
            delete(one, sandbox, 5);
            Queue<Object> told = new ConcurrentLinkedQueue<>();
            Disposable waiting = Flux.fromIterable(sandbox.contactIds().subList(10, 20))
                    .flatMap(id -> one.tryDeleteContact(ContactId.of(id)))
                    .subscribe(told::add);
            delete(two, sandbox, 5);
            assertThat(told).isEmpty();
            waiting.dispose();
            assertThat(sandbox.ledger().requests()).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @EnumSource
    void disposingATenantLeavesTheOthersAndDisposingTheFirstEndsAll(Over over) {
        try (CloseCrmSandbox sandbox =
                sandbox(over, 10, builder -> builder.apiKey(ONE).apiKey(TWO))) {
            CloseCrmClient parent = oneConnection(sandbox, over);
            CloseCrmClient gone = parent.withCredentials(Credentials.apiKey(TWO));
            CloseCrmClient left = parent.withCredentials(Credentials.keys(ONE, TWO));
            delete(gone, sandbox, 1);
            gone.disposeLater().block(Small.LIMIT);
            assertDisposed(gone);
            delete(parent, sandbox, 1);
            delete(left, sandbox, 1);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
            parent.disposeLater().block(Small.LIMIT);
            assertDisposed(parent);
            assertDisposed(left);
            assertThat(sandbox.ledger().requests()).isEqualTo(3);
        }
    }

    @Test
    void tenThousandTenantsCostNoThreadAndNoConnectionAndMayBeDropped() {
        UnaryOperator<CloseCrmSandbox.Builder> keys =
                builder -> builder.apiKey(ONE).apiKey(TWO);
        try (CloseCrmSandbox sandbox = sandbox(Over.HTTP_1_1, 200, keys)) {
            CloseCrmClient parent = oneConnection(sandbox, Over.HTTP_1_1);
            delete(parent, sandbox, 1);
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            List<CloseCrmClient> tenants = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                tenants.add(parent.withCredentials(Credentials.apiKey(TWO)));
            }
            // Those that have been used are dropped as well.
            tenants.subList(0, 100).forEach(tenant -> delete(tenant, sandbox, 1));
            assertThat(ManagementFactory.getThreadMXBean().getThreadCount()).isLessThan(threads + 20);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1);
            List<WeakReference<CloseCrmClient>> dropped =
                    tenants.stream().map(WeakReference::new).toList();
            tenants.clear();
            Eventually.is("all are collected", Small.LIMIT, () -> {
                System.gc();
                return dropped.stream().allMatch(reference -> reference.get() == null);
            });
            delete(parent, sandbox, 1);
        }
    }

    /** Five requests in half an hour. */
    private static CloseCrmSandbox.Builder limited(CloseCrmSandbox.Builder builder) {
        return builder.apiKey(ONE, "one").apiKey(TWO, "two").rateLimit(RateLimit.perKey(5, Duration.ofMinutes(30)));
    }

    private static CloseCrmSandbox sandbox(Over over, int contacts, UnaryOperator<CloseCrmSandbox.Builder> keys) {
        CloseCrmSandbox.Builder builder = keys.apply(CloseCrmSandbox.builder().contacts(contacts));
        return (over == Over.HTTP_2 ? builder.http2() : builder).start();
    }

    /** With three keys. */
    private static CloseCrmClient client(URI baseUrl, Over over) {
        return Small.client(Small.withoutCredentials(baseUrl, over, connections -> connections)
                .credentials(Credentials.keys(ONE, TWO, THREE)));
    }

    private static CloseCrmClient oneConnection(CloseCrmSandbox sandbox, Over over) {
        return Small.client(
                Small.withoutCredentials(sandbox.baseUrl(), over, connections -> connections.maxConnections(1))
                        .credentials(Credentials.apiKey(ONE)));
    }

    /** Some of those that are still there, one after the other. */
    private void delete(CloseCrmClient client, CloseCrmSandbox sandbox, int contacts) {
        for (int i = 0; i < contacts; i++) {
            ContactId id = ContactId.of(sandbox.contactIds().get(deleted++));
            assertThat(Small.delete(client, id).outcome().kind()).isEqualTo(Kind.DELETED);
        }
    }

    private static void assertDisposed(CloseCrmClient client) {
        assertThat(client.isDisposed()).isTrue();
        assertThat(Small.delete(client).outcome()).isEqualTo(new DeleteOutcome.NotAttempted(Reason.CLIENT_DISPOSED));
    }

    private static List<Kind> kinds(CloseCrmClient client, List<String> ids) {
        return client.deleteContacts(Flux.fromIterable(ids))
                .map(result -> result.outcome().kind())
                .collectList()
                .block(Small.LIMIT);
    }

    private static List<Pacing> pacing(CloseCrmClient client) {
        return client.quota().keys().stream().map(QuotaSnapshot.Limit::pacing).toList();
    }

    private List<String> warnings() {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
