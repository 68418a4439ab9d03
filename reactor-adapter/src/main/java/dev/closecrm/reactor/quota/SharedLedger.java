package dev.closecrm.reactor.quota;

import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.quota.Sending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The quota of one account, and the permits that are out. */
final class SharedLedger {

    /** Permits are used as soon as they come, or not at all; one that is held back makes the ledger less certain. */
    private static final Duration VALID_FOR = Duration.ofMillis(500);

    /** Whoever has not reported by then does not exist any more. */
    private static final long LOST_AFTER = Duration.ofMinutes(1).toNanos();

    /** While requests are under way, their answers may change what is known at any time. */
    private static final long WHILE_OUT = Duration.ofMillis(10).toNanos();

    private static final long LONGEST = Duration.ofSeconds(1).toNanos();

    /** So many the book does not take into account. */
    private static final int OVERTAKEN = 2;

    private final QuotaBook book;
    private final AtomicLong permits = new AtomicLong(1);
    private final Map<Long, Sending> out = new ConcurrentHashMap<>();
    private volatile long usedAt;

    SharedLedger(QuotaOptions options, LongSupplier random) {
        this.book = new QuotaBook(options, 1, random);
    }

    void usedAt(long now) {
        usedAt = now;
    }

    long unusedFor(long now) {
        return now - usedAt;
    }

    QuotaLease lease(QuotaDemand demand, long now) {
        List<Sending> granted = new ArrayList<>();
        while (granted.size() < demand.permits()) {
            Sending sending = unsure(now) ? null : book.trySend(QuotaDesk.ANY_KEY, now, demand.urgent());
            if (sending == null) {
                break;
            }
            granted.add(sending);
        }
        if (granted.isEmpty()) {
            return QuotaLease.later(Duration.ofNanos(wait(demand, now)));
        }
        long first = permits.getAndAdd(granted.size());
        for (int i = 0; i < granted.size(); i++) {
            out.put(first + i, granted.get(i));
        }
        return QuotaLease.granted(first, granted.size(), VALID_FOR);
    }

    /**
     * The requests of several clients overtake each other, and an earlier one may meet the service after the one whose answer is
     * the newest: the last few wait until nothing is under way.
     */
    private boolean unsure(long now) {
        if (out.isEmpty()) {
            return false;
        }
        long left = book.view(now).keys().get(0).remaining();
        return left >= 0 && left <= OVERTAKEN;
    }

    private long wait(QuotaDemand demand, long now) {
        long opens = book.nextIn(QuotaDesk.ANY_KEY, now, demand.urgent());
        long most = out.isEmpty() ? LONGEST : WHILE_OUT;
        return opens == 0 ? most : Math.min(opens, most);
    }

    void note(QuotaReport report, long now) {
        Sending sending = out.remove(report.permit());
        if (sending == null) {
            return;
        }
        switch (report.end()) {
            case ANSWERED -> book.answered(sending, now, reading(report.limit()));
            case REFUSED -> book.refused(sending, now, reading(report.limit()), report.retryAfter());
            case UNANSWERED -> book.unanswered(sending, now);
            case UNUSED -> book.notSent(sending, now);
        }
    }

    /** Takes those as lost whose client has ended. */
    void giveUpOn(long now) {
        out.forEach((permit, sending) -> {
            if (now - sending.sentAt() > LOST_AFTER && out.remove(permit, sending)) {
                book.unanswered(sending, now);
            }
        });
    }

    private static @Nullable QuotaReading reading(QuotaReport.@Nullable Limit limit) {
        return limit == null
                ? null
                : new QuotaReading(
                        limit.limit(),
                        limit.remaining(),
                        limit.reset(),
                        limit.resetExact(),
                        limit.window(),
                        switch (limit.owner()) {
                            case UNSAID -> QuotaReading.Scope.UNSAID;
                            case KEY -> QuotaReading.Scope.KEY;
                            case ORGANISATION -> QuotaReading.Scope.ORGANISATION;
                        });
    }
}
