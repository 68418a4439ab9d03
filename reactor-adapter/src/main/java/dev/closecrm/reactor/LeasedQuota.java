package dev.closecrm.reactor;

import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.quota.QuotaView;
import dev.closecrm.core.engine.quota.Sending;
import dev.closecrm.reactor.LeasedPermits.Permit;
import dev.closecrm.reactor.quota.QuotaAccount;
import dev.closecrm.reactor.quota.QuotaCoordinator;
import dev.closecrm.reactor.quota.QuotaDemand;
import dev.closecrm.reactor.quota.QuotaReport;
import dev.closecrm.reactor.quota.QuotaReport.End;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The quota of one tenant where a {@link QuotaCoordinator} divides it. Whoever asks gets a permit that is here; if there is none, a
 * lease is asked for, and its coming wakes the lane. All that is sent and answered is noted in a book of its own too, which
 * decides while the coordinator fails.
 *
 * <p>A lease may come in the very moment in which it is asked for, on the same thread. Then nobody is woken: who asks looks
 * again.
 */
final class LeasedQuota implements QuotaDesk {

    static final Duration PATIENCE = Duration.ofSeconds(1);
    static final Duration BETWEEN_TRIALS = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger("dev.closecrm.reactor");

    private final QuotaCoordinator coordinator;
    private final QuotaBook own;
    private final List<LeasedPermits> keys;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final AtomicInteger turn = new AtomicInteger();
    /** The permits of requests under way, by the numbers of these. */
    private final Map<Long, Used> underWay = new ConcurrentHashMap<>();

    private volatile IntSupplier waiting = () -> 0;
    private volatile Runnable wake = () -> {};
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile long triedAt;
    private volatile boolean closed;

    private record Used(LeasedPermits key, Permit permit) {}

    /**
     * @param own decides while the coordinator fails
     * @param accounts of each key
     * @param timer ends what takes too long
     * @param nanoTime what has passed on it
     */
    LeasedQuota(
            QuotaCoordinator coordinator,
            QuotaBook own,
            List<QuotaAccount> accounts,
            Scheduler timer,
            LongSupplier nanoTime) {
        this.coordinator = coordinator;
        this.own = own;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.keys = accounts.stream()
                .map(account -> new LeasedPermits(account, this, timer, nanoTime))
                .toList();
    }

    /** Says who is woken by a lease that comes later, and how many wait. */
    void serve(Runnable wake, IntSupplier waiting) {
        this.wake = wake;
        this.waiting = waiting;
    }

    /** Gives back what is not used. A lease under way is not cancelled, so what it grants later is given back too. */
    void close() {
        closed = true;
        keys.forEach(LeasedPermits::close);
    }

    @Override
    public @Nullable Sending trySend(int key, long now, boolean interactive) {
        Sending sending = withPermit(key, now);
        if (sending == null && ask(key, now, interactive)) {
            sending = withPermit(key, now);
        }
        return sending != null || !failing.get() ? sending : own.trySend(key, now, interactive);
    }

    private @Nullable Sending withPermit(int key, long now) {
        int first = turn.get();
        for (int i = 0; i < keys.size(); i++) {
            int index = Math.floorMod(first + i, keys.size());
            LeasedPermits permits = keys.get(index);
            Permit permit = key == ANY_KEY || key == index ? permits.take(now) : null;
            if (permit != null) {
                turn.set(index + 1);
                Sending sending = own.sent(index, now);
                underWay.put(sending.sequence(), new Used(permits, permit));
                return sending;
            }
        }
        return null;
    }

    /**
     * Asks the coordinator, if that makes sense now.
     *
     * @return whether the answer has come already
     */
    private boolean ask(int key, long now, boolean urgent) {
        if (closed || (failing.get() && now - triedAt < BETWEEN_TRIALS.toNanos())) {
            return false;
        }
        int asked = 0;
        LeasedPermits askable = null;
        int first = turn.get();
        for (int i = 0; i < keys.size(); i++) {
            int index = Math.floorMod(first + i, keys.size());
            LeasedPermits permits = keys.get(index);
            if (key == ANY_KEY || key == index) {
                asked += permits.asked();
                askable = askable == null && permits.mayAsk(now, urgent) ? permits : askable;
            }
        }
        int needed = Math.max(1, waiting.getAsInt()) - asked;
        if (askable == null || needed <= 0) {
            return false;
        }
        if (failing.get()) {
            triedAt = now;
        }
        return askable.ask(new QuotaDemand(needed, urgent));
    }

    @Override
    public long nextIn(int key, long now, boolean interactive) {
        if (failing.get()) {
            return own.nextIn(key, now, interactive);
        }
        long soonest = UNTIL_ANSWERED;
        boolean asked = false;
        for (int i = 0; i < keys.size(); i++) {
            if (key == ANY_KEY || key == i) {
                asked |= keys.get(i).asked() > 0;
                soonest = Math.min(soonest, keys.get(i).nextIn(now, interactive));
            }
        }
        // One that could be asked now has not been, since enough was asked for elsewhere.
        return soonest == 0 && asked ? UNTIL_ANSWERED : soonest;
    }

    // What the keys tell.

    QuotaCoordinator coordinator() {
        return coordinator;
    }

    void leased() {
        if (failing.get() && failing.getAndSet(false)) {
            LOG.info("the quota coordinator works again");
        }
    }

    void failed(Throwable error) {
        triedAt = nanoTime.getAsLong();
        if (!failing.getAndSet(true)) {
            LOG.warn(
                    "the quota coordinator failed ({}); the client keeps its quota by itself, and tries again every {} s",
                    error.getClass().getName(),
                    BETWEEN_TRIALS.toSeconds());
        }
        LOG.debug("a lease of quota failed", error);
    }

    /** The lane's calls do not run on the coordinator's thread. */
    void wakeLater() {
        timer.schedule(wake);
    }

    void unused(QuotaAccount account, Permit permit) {
        tell(account, new QuotaReport(permit.number(), End.UNUSED, null, null, Duration.ZERO));
    }

    // What became of requests.

    @Override
    public void answered(Sending sending, long now, @Nullable QuotaReading reading) {
        own.answered(sending, now, reading);
        tell(sending, now, End.ANSWERED, reading, null);
    }

    @Override
    public void refused(Sending sending, long now, @Nullable QuotaReading reading, @Nullable Duration retryAfter) {
        own.refused(sending, now, reading, retryAfter);
        // The others would be refused too.
        keys.get(sending.key()).giveBack();
        tell(sending, now, End.REFUSED, reading, retryAfter);
    }

    @Override
    public void unanswered(Sending sending, long now) {
        own.unanswered(sending, now);
        tell(sending, now, End.UNANSWERED, null, null);
    }

    @Override
    public void notSent(Sending sending, long now) {
        own.notSent(sending, now);
        tell(sending, now, End.UNUSED, null, null);
    }

    private void tell(
            Sending sending, long now, End end, @Nullable QuotaReading reading, @Nullable Duration retryAfter) {
        Used used = underWay.remove(sending.sequence());
        if (used != null) {
            Duration roundTrip = end == End.UNUSED ? Duration.ZERO : Duration.ofNanos(now - sending.sentAt());
            tell(
                    used.key().account(),
                    new QuotaReport(used.permit().number(), end, limit(reading), retryAfter, roundTrip));
        }
    }

    private void tell(QuotaAccount account, QuotaReport report) {
        Mono.defer(() -> coordinator.report(account, report))
                .subscribe(noted -> {}, error -> LOG.debug("a report to the quota coordinator failed", error));
    }

    private static QuotaReport.@Nullable Limit limit(@Nullable QuotaReading reading) {
        return reading == null
                ? null
                : new QuotaReport.Limit(
                        reading.limit(),
                        reading.remaining(),
                        reading.reset(),
                        reading.exact(),
                        reading.window(),
                        switch (reading.scope()) {
                            case UNSAID -> QuotaReport.Owner.UNSAID;
                            case KEY -> QuotaReport.Owner.KEY;
                            case ORGANISATION -> QuotaReport.Owner.ORGANISATION;
                        });
    }

    @Override
    public void remove(int key) {
        own.remove(key);
        keys.get(key).close();
    }

    @Override
    public QuotaView view(long now) {
        return own.view(now);
    }
}
