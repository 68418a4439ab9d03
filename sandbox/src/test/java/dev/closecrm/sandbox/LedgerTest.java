package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private final AtomicLong now = new AtomicLong(1_700_000_000_000_000_000L);
    private final Ledger ledger = new Ledger(now::get);

    @Test
    void contactNobodyAskedForHasAnEmptyEntry() {
        ledger.create("cont_a");

        Ledger.Entry untouched = new Ledger.Entry("cont_a", 0, 0, null, null, OptionalInt.empty());
        assertThat(ledger.entry("cont_a")).isEqualTo(untouched);
        assertThat(ledger.entry("cont_never").requests()).isZero();
        assertThat(ledger.entries()).containsExactly(untouched);
    }

    @Test
    void deleteIsWrittenDownBeforeItsAnswer() {
        ledger.create("cont_a");
        Exchange exchange = ledger.arrived("cont_a");
        now.addAndGet(250_000_000L);
        ledger.delete("cont_a");

        Ledger.Entry done = ledger.entry("cont_a");
        assertThat(done.deletes()).isEqualTo(1);
        assertThat(done.firstRequest()).isEqualTo(Instant.ofEpochSecond(1_700_000_000));
        assertThat(done.deletedAt())
                .isEqualTo(Instant.ofEpochSecond(1_700_000_000).plusMillis(250));
        assertThat(done.lastStatus()).isEmpty();
        assertThat(ledger.deleted()).isEqualTo(1);

        exchange.answered(200);
        assertThat(ledger.entry("cont_a").lastStatus()).hasValue(200);
    }

    @Test
    void secondDeleteIsCountedAsNotFound() {
        ledger.create("cont_a");

        assertThat(ledger.delete("cont_a")).isTrue();
        assertThat(ledger.delete("cont_a")).isFalse();
        assertThat(ledger.delete("cont_b")).isFalse();

        assertThat(ledger.entry("cont_a").deletes()).isEqualTo(1);
        assertThat(ledger.deleted()).isEqualTo(1);
        assertThat(ledger.notFound()).isEqualTo(2);
    }

    @Test
    void exchangeEndsOnce() {
        Exchange first = ledger.arrived("cont_a");
        Exchange second = ledger.arrived(null);
        assertThat(ledger.inFlight()).isEqualTo(2);

        first.answered(404);
        first.answered(200);
        first.ended();
        second.ended();
        second.answered(200);

        assertThat(ledger.inFlight()).isZero();
        assertThat(ledger.peakInFlight()).isEqualTo(2);
        assertThat(ledger.requests()).isEqualTo(2);
        assertThat(ledger.entry("cont_a").lastStatus()).hasValue(404);
    }

    @Test
    void connectionsAreCounted() {
        ledger.connected();
        ledger.connected();
        ledger.disconnected();
        ledger.connected();

        assertThat(ledger.connections()).isEqualTo(2);
        assertThat(ledger.peakConnections()).isEqualTo(2);
        assertThat(ledger.connectionsOpened()).isEqualTo(3);
    }

    @Test
    void manyThreadsDeleteAContactOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<String> ids =
                    IntStream.range(0, 500).mapToObj(i -> "cont_" + i).toList();
            ids.forEach(ledger::create);
            Callable<Long> deleteAll = () -> ids.stream().filter(ledger::delete).count();

            long deletes = 0;
            for (Future<Long> share :
                    threads.invokeAll(List.of(deleteAll, deleteAll, deleteAll, deleteAll), 10, TimeUnit.SECONDS)) {
                deletes += share.get();
            }

            assertThat(deletes).isEqualTo(500);
            assertThat(ledger.deleted()).isEqualTo(500);
            assertThat(ledger.notFound()).isEqualTo(1500);
            assertThat(ledger.entries()).hasSize(500).allMatch(entry -> entry.deletes() == 1);
        } finally {
            threads.shutdownNow();
        }
    }
}
