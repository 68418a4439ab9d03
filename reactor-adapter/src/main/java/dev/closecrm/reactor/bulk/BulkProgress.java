package dev.closecrm.reactor.bulk;

import dev.closecrm.core.error.BulkSummary;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How far a bulk run is. What has ended is counted before its result is handed on; with ordered results, that may be long before.
 *
 * @param summary the outcomes so far; its {@code nextIndex} is how many items were pulled, and below its {@code watermark} every
 *     item has a result that stands
 * @param endedAbove the items above the watermark that have their result too, in ascending order: one that takes long holds the
 *     watermark back, and who resumes a run should not send thousands again for it. At most one range more than items in flight
 * @param inFlight items that were pulled and have no result yet
 * @param attempts HTTP exchanges that have ended
 * @param rateLimited how many of them were refused for want of quota (429)
 * @param waitedForQuota how long items of this client have waited for quota since the run began, single calls included
 * @param perSecond results per second since the last report
 * @param waitingFor what the run waits for
 * @param waitLeft for how long at least, as far as is known; otherwise zero
 * @param elapsed since the run began
 */
public record BulkProgress(
        BulkSummary summary,
        List<IndexRange> endedAbove,
        int inFlight,
        long attempts,
        long rateLimited,
        Duration waitedForQuota,
        double perSecond,
        WaitingFor waitingFor,
        Duration waitLeft,
        Duration elapsed) {

    /** What holds a run up. */
    public enum WaitingFor {
        /** Answers: it works. */
        ANSWERS,
        /** Quota. */
        QUOTA,
        /** The service, which is down. */
        OUTAGE,
        /** Items: its source brings none. */
        ITEMS,
        /** Its subscriber, who asks for no more. */
        DEMAND
    }

    /** Refuses null, and copies the ranges. */
    public BulkProgress {
        Objects.requireNonNull(summary, "summary");
        endedAbove = List.copyOf(endedAbove);
        Objects.requireNonNull(waitedForQuota, "waitedForQuota");
        Objects.requireNonNull(waitingFor, "waitingFor");
        Objects.requireNonNull(waitLeft, "waitLeft");
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
