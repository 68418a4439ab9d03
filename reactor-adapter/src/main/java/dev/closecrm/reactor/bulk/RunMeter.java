package dev.closecrm.reactor.bulk;

import dev.closecrm.reactor.bulk.BulkProgress.WaitingFor;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Reads how far a run is. */
final class RunMeter {

    private final Tally tally;
    private final RunConditions conditions;
    private final RunClient client;
    private final long begunAt;
    private final Duration waitedBefore;

    /** When the last reading was taken, and how many results there were. */
    private long lastAt;

    private long lastResults;

    RunMeter(Tally tally, RunConditions conditions, RunClient client) {
        this.tally = tally;
        this.conditions = conditions;
        this.client = client;
        this.begunAt = client.nanoTime();
        this.lastAt = begunAt;
        this.waitedBefore = client.waitedForQuota();
    }

    /**
     * Takes a reading.
     *
     * @param pulled how many items have been taken from the source
     * @param asked how many have been asked of it
     */
    synchronized BulkProgress read(LongSupplier pulled, LongSupplier asked) {
        Tally.Reading counted = tally.reading(pulled);
        long now = client.nanoTime();
        long results = counted.results();
        long taken = counted.summary().nextIndex();
        int inFlight = (int) (taken - results);
        double seconds = (now - lastAt) / 1e9;
        double perSecond = seconds > 0 ? (results - lastResults) / seconds : 0;
        lastAt = now;
        lastResults = results;
        WaitingFor waitingFor = waitingFor(inFlight, asked.getAsLong() > taken);
        return new BulkProgress(
                counted.summary(),
                counted.above(),
                inFlight,
                conditions.attempts(),
                conditions.rateLimited(),
                client.waitedForQuota().minus(waitedBefore),
                perSecond,
                waitingFor,
                waitLeft(waitingFor),
                Duration.ofNanos(now - begunAt));
    }

    private WaitingFor waitingFor(int inFlight, boolean askedForMore) {
        if (inFlight == 0) {
            return askedForMore ? WaitingFor.ITEMS : WaitingFor.DEMAND;
        }
        if (conditions.hold().holding()) {
            return WaitingFor.OUTAGE;
        }
        return client.shortOfQuota() ? WaitingFor.QUOTA : WaitingFor.ANSWERS;
    }

    private Duration waitLeft(WaitingFor waitingFor) {
        return switch (waitingFor) {
            case OUTAGE -> conditions.hold().nextProbeIn();
            case QUOTA -> client.quotaIn();
            case ANSWERS, ITEMS, DEMAND -> Duration.ZERO;
        };
    }
}
