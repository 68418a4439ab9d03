package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.engine.response.AttemptResult;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What the calls of one bulk run have in common: whether the service is down, whether the run is to end, and how many attempts
 * they have made. The run says when it ends; its calls ask, and tell what they meet.
 */
public final class RunConditions {

    private final OutageHold hold;
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final LongAdder attempts = new LongAdder();
    private final LongAdder rateLimited = new LongAdder();
    private volatile DeleteOutcome.@Nullable NotAttempted forTheRest;

    /**
     * Of a run that goes on, and a service that is up.
     *
     * @param hold the run's pause while the service is down
     */
    public RunConditions(OutageHold hold) {
        this.hold = hold;
    }

    /**
     * The run's pause while the service is down.
     *
     * @return the same for all calls
     */
    public OutageHold hold() {
        return hold;
    }

    /**
     * Whether nothing more may be sent: who has an attempt under way may end it, and makes no other.
     *
     * @return true once the run is to end
     */
    public boolean stopped() {
        return forTheRest != null;
    }

    /**
     * What becomes of an item that was not sent before the run was stopped.
     *
     * @return the outcome, or null if the run goes on
     */
    public DeleteOutcome.@Nullable NotAttempted forTheRest() {
        return forTheRest;
    }

    /**
     * Tells those who wait that the run is to end.
     *
     * @return completes then; an error and a value it has never
     */
    public Mono<Void> whenStopped() {
        return stop.asMono();
    }

    /**
     * Counts an attempt.
     *
     * @param result how it ended
     */
    public void attempted(AttemptResult result) {
        attempts.increment();
        if (result instanceof AttemptResult.Refused refused
                && refused.refusal() == AttemptResult.Refusal.RATE_LIMITED) {
            rateLimited.increment();
        }
    }

    void stop(DeleteOutcome.Reason reason) {
        forTheRest = new DeleteOutcome.NotAttempted(reason);
        stop.tryEmitEmpty();
    }

    long attempts() {
        return attempts.sum();
    }

    long rateLimited() {
        return rateLimited.sum();
    }
}
