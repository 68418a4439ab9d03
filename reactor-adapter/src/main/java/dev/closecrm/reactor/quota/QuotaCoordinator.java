package dev.closecrm.reactor.quota;

import dev.closecrm.core.QuotaOptions;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import reactor.core.publisher.Mono;

/**
 * Divides the quota of an account among all clients that use it, in one process or in many, so that none is refused because of the
 * others. A client that is built with one asks it for permits before it sends, and reports what became of each:
 *
 * <pre>{@code
 * QuotaCoordinator shared = QuotaCoordinator.inMemory();
 * CloseCrmClient one = CloseCrmClient.builder().credentials(key).quotaCoordinator(shared).build();
 * CloseCrmClient other = CloseCrmClient.builder().credentials(key).quotaCoordinator(shared).build();
 * }</pre>
 *
 * <p>Without one, each client notices from the answers that others use its quota, and they find their shares without a message;
 * that costs some refusals. Those who need none need a coordinator.
 *
 * <p><b>How a client asks.</b> Nothing is asked ahead: a client leases as many permits as it has calls that wait, and while one
 * lease of an account is under way, it asks for no other. So what comes meanwhile is asked for together, and the slower the store
 * is, the larger are the leases. After {@link QuotaLease#later} it asks again when that time is over, or before if
 * a demand is {@linkplain QuotaDemand#urgent() urgent} and the one before was not.
 *
 * <p><b>When it fails.</b> A lease fails if the method throws, the {@code Mono} fails, is empty, or emits nothing within 1 s, or
 * if the permits had already ended when they came. Then the client keeps its quota by itself, as if it had no coordinator,
 * starting from what it has seen in the answers so far. It says so once at WARN (the error itself at DEBUG, since its text may have secrets), asks again every 10 s, and comes back with the
 * first lease that it gets. So a coordinator that fails neither stops deletes, nor lets them go without limit. A report that
 * fails is logged at DEBUG and not repeated: the coordinator must expect that some never come, and forget such a permit after some
 * minutes.
 *
 * <p><b>Cancelling.</b> A lease is cancelled when its second is over, and not before: what is granted after the client was disposed,
 * or after a key was refused as such, is reported as {@link QuotaReport.End#UNUSED}. Permits that were granted but could not be
 * delivered in that second are reported by nobody. Reports are never cancelled.
 *
 * <p><b>Threads.</b> Both methods are called on event loops and timer threads, by several of them at once: they, and what they
 * return, must not block. Signals may come on any thread, at once or later; the client does nothing long on the thread of a lease that comes
 * later. Each {@code Mono} is subscribed to once.
 */
public interface QuotaCoordinator {

    /**
     * Asks for permits.
     *
     * @param account whose quota
     * @param demand how many
     * @return emits one lease, which may grant fewer than were asked for, or none; what it grants beyond the demand is not used
     */
    Mono<QuotaLease> lease(QuotaAccount account, QuotaDemand demand);

    /**
     * Tells what became of a permit.
     *
     * @param account whose quota
     * @param report what is known
     * @return completes when it has been noted; nobody waits for that
     */
    Mono<Void> report(QuotaAccount account, QuotaReport report);

    /**
     * A coordinator for the clients of one process, that uses all of each account's quota. See {@link #inMemory(QuotaOptions)}.
     *
     * @return the coordinator; has nothing that must be closed
     */
    static QuotaCoordinator inMemory() {
        return inMemory(QuotaOptions.defaults());
    }

    /**
     * A coordinator for the clients of one process. It keeps for each account what a client alone would keep for itself, and answers
     * at once. What is known of an account is forgotten when it has not been used for ten minutes.
     *
     * @param options how much of each account's quota to use, for all its clients together
     * @return the coordinator; has nothing that must be closed
     */
    static QuotaCoordinator inMemory(QuotaOptions options) {
        return new InMemoryCoordinator(
                Objects.requireNonNull(options, "options"),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextLong());
    }
}
