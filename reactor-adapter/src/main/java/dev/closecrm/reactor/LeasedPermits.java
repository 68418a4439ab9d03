package dev.closecrm.reactor;

import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.reactor.quota.QuotaAccount;
import dev.closecrm.reactor.quota.QuotaDemand;
import dev.closecrm.reactor.quota.QuotaLease;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The permits of one key that are here, and the lease that is asked for. At most one is under way. Anybody may take a permit; who has
 * made {@link #asked} more than 0 owns the lease, until it is set back.
 *
 * <p>Nobody cancels a lease but its own time limit, so that each sets back what it has asked for, and what a coordinator has granted
 * to a key that is closed by then is given back.
 */
final class LeasedPermits {

    private static final long SHORTEST_WAIT = Duration.ofMillis(1).toNanos();
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
    private static final Duration LONGEST_LEASE = Duration.ofHours(1);

    private final QuotaAccount account;
    private final LeasedQuota quota;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final Queue<Permit> here = new ConcurrentLinkedQueue<>();
    private final AtomicInteger asked = new AtomicInteger();
    /** What rings next; a client that is closed leaves none. */
    private final AtomicReference<@Nullable Expiry> expiry = new AtomicReference<>();

    private volatile long againAt;
    private volatile long urgentAgainAt;
    private volatile boolean closed;

    /**
     * @param number as the coordinator calls it
     * @param until when it ends, in nanoseconds of the monotonic clock
     */
    record Permit(long number, long until) {}

    /** One demand, and whether whoever made it still looks for the answer itself. */
    private record Asking(QuotaDemand demand, long at, AtomicBoolean left) {}

    /** A timer that is set for the end of some permits. */
    private record Expiry(long until, Disposable.Swap timer) {}

    LeasedPermits(QuotaAccount account, LeasedQuota quota, Scheduler timer, LongSupplier nanoTime) {
        this.account = account;
        this.quota = quota;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.againAt = nanoTime.getAsLong();
        this.urgentAgainAt = againAt;
    }

    QuotaAccount account() {
        return account;
    }

    @Nullable Permit take(long now) {
        if (closed) {
            // What is still here is about to be given back.
            return null;
        }
        for (Permit first = here.poll(); first != null; first = here.poll()) {
            if (first.until - now > 0) {
                return first;
            }
            quota.unused(account, first);
        }
        return null;
    }

    /** How many permits have been asked for and may still come. */
    int asked() {
        return closed ? 0 : asked.get();
    }

    boolean mayAsk(long now, boolean urgent) {
        return !closed && asked.get() == 0 && now - (urgent ? urgentAgainAt : againAt) >= 0;
    }

    /** How long until there may be a permit: 0 if there may be one now. */
    long nextIn(long now, boolean urgent) {
        if (closed) {
            return QuotaDesk.UNTIL_ANSWERED;
        }
        if (!here.isEmpty()) {
            return 0;
        }
        return asked.get() > 0 ? QuotaDesk.UNTIL_ANSWERED : Math.max(0, (urgent ? urgentAgainAt : againAt) - now);
    }

    /**
     * Asks for some.
     *
     * @return whether the answer has come already, or that of somebody else has
     */
    boolean ask(QuotaDemand demand) {
        if (!asked.compareAndSet(0, demand.permits())) {
            return false;
        }
        Asking asking = new Asking(demand, nanoTime.getAsLong(), new AtomicBoolean());
        Mono.defer(() -> quota.coordinator().lease(account, demand))
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("a lease must not be empty")))
                .timeout(LeasedQuota.PATIENCE, timer)
                .subscribe(come -> came(asking, come), error -> failed(asking, error));
        // From here on the lane is woken; what came before is found now.
        asking.left.set(true);
        return asked.get() == 0;
    }

    private void came(Asking asking, QuotaLease come) {
        long now = nanoTime.getAsLong();
        int granted = Math.min(come.permits(), asking.demand.permits());
        long until = asking.at + bounded(come.validFor(), LONGEST_LEASE);
        for (int i = 0; i < granted; i++) {
            here.offer(new Permit(come.firstPermit() + i, until));
        }
        if (granted > 0 && until - now <= 0) {
            giveBack();
            failed(asking, new IllegalStateException("the permits of a lease had ended when they came"));
            return;
        }
        quota.leased();
        if (granted > 0) {
            expireAt(until, now);
        } else {
            long again = now + Math.max(SHORTEST_WAIT, bounded(come.again(), LONGEST_WAIT));
            againAt = again;
            urgentAgainAt = asking.demand.urgent() ? again : urgentAgainAt;
        }
        over(asking);
    }

    private void failed(Asking asking, Throwable error) {
        if (!closed) {
            quota.failed(error);
        }
        over(asking);
    }

    private void over(Asking asking) {
        asked.set(0);
        if (closed) {
            giveBack();
        }
        if (asking.left.get()) {
            quota.wakeLater();
        }
    }

    private static long bounded(Duration time, Duration most) {
        return time.compareTo(most) > 0 ? most.toNanos() : time.toNanos();
    }

    /** What nobody needs any more, others may have. The timer that rings first is the one that is set. */
    private void expireAt(long until, long now) {
        Expiry present = expiry.get();
        if (present != null && until - present.until >= 0) {
            return;
        }
        Expiry next = new Expiry(until, Disposables.swap());
        Expiry before = expiry.getAndUpdate(set -> set == null || until - set.until < 0 ? next : set);
        if (before != null && until - before.until >= 0) {
            return;
        }
        cancel(before);
        next.timer.update(timer.schedule(() -> expire(next), until - now, TimeUnit.NANOSECONDS));
        if (closed) {
            // Whoever has closed it may not have seen this one.
            cancel(expiry.getAndSet(null));
        }
    }

    private static void cancel(@Nullable Expiry set) {
        if (set != null) {
            set.timer.dispose();
        }
    }

    private void expire(Expiry rings) {
        if (!expiry.compareAndSet(rings, null)) {
            // An earlier one was set meanwhile, and looks at all of them.
            return;
        }
        long now = nanoTime.getAsLong();
        here.forEach(each -> {
            if (each.until - now > 0) {
                expireAt(each.until, now);
            } else if (here.remove(each)) {
                quota.unused(account, each);
            }
        });
    }

    void giveBack() {
        for (Permit first = here.poll(); first != null; first = here.poll()) {
            quota.unused(account, first);
        }
    }

    void close() {
        closed = true;
        cancel(expiry.getAndSet(null));
        giveBack();
    }
}
