package dev.closecrm.reactor.quota;

import dev.closecrm.core.QuotaOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import reactor.core.publisher.Mono;

/** Keeps a ledger for each account that is in use. */
final class InMemoryCoordinator implements QuotaCoordinator {

    static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);
    private static final long BETWEEN_SWEEPS = Duration.ofMinutes(1).toNanos();

    private final QuotaOptions options;
    private final LongSupplier nanoTime;
    private final LongSupplier random;
    private final Map<QuotaAccount, SharedLedger> ledgers = new ConcurrentHashMap<>();
    private final AtomicLong sweptAt;

    InMemoryCoordinator(QuotaOptions options, LongSupplier nanoTime, LongSupplier random) {
        this.options = options;
        this.nanoTime = nanoTime;
        this.random = random;
        this.sweptAt = new AtomicLong(nanoTime.getAsLong());
    }

    @Override
    public Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand) {
        return Mono.fromSupplier(() -> {
            long now = nanoTime.getAsLong();
            sweep(now);
            return inUse(account, now).lease(demand, now);
        });
    }

    @Override
    public Mono<Void> report(QuotaAccount account, QuotaReport report) {
        return Mono.fromRunnable(() -> {
            SharedLedger ledger = ledgers.get(account);
            if (ledger != null) {
                ledger.note(report, nanoTime.getAsLong());
            }
        });
    }

    int accounts() {
        return ledgers.size();
    }

    /** Marks it as used while nobody can take it away. */
    private SharedLedger inUse(QuotaAccount account, long now) {
        return ledgers.compute(account, (any, there) -> {
            SharedLedger ledger = there == null ? new SharedLedger(options, random) : there;
            ledger.usedAt(now);
            return ledger;
        });
    }

    private void sweep(long now) {
        long last = sweptAt.get();
        if (now - last < BETWEEN_SWEEPS || !sweptAt.compareAndSet(last, now)) {
            return;
        }
        for (QuotaAccount account : ledgers.keySet()) {
            ledgers.computeIfPresent(account, (any, ledger) -> {
                ledger.giveUpOn(now);
                return ledger.unusedFor(now) > FORGOTTEN_AFTER.toNanos() ? null : ledger;
            });
        }
    }
}
