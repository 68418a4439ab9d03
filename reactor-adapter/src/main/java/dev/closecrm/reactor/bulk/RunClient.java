package dev.closecrm.reactor.bulk;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteResult;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** What a bulk run needs of the client that it belongs to. */
public interface RunClient {

    /**
     * Makes one call.
     *
     * @param id the contact
     * @param maybeSentBefore whether an earlier request, which this client knows nothing of, may have deleted it
     * @param conditions what the run's calls have in common
     * @param timeout what the call may take, without waiting for its turn
     * @return how it ended, and never an error
     */
    Mono<DeleteResult<ContactId>> delete(
            ContactId id, boolean maybeSentBefore, RunConditions conditions, Duration timeout);

    /**
     * What carries out every wait of calls and runs.
     *
     * @return the same each time
     */
    Scheduler timer();

    /**
     * What has passed on it.
     *
     * @return as {@code System.nanoTime()}
     */
    long nanoTime();

    /**
     * Whether calls wait for quota at this moment.
     *
     * @return false if quota holds nobody up
     */
    boolean shortOfQuota();

    /**
     * When there may be quota again.
     *
     * @return from now; zero if that is not known
     */
    Duration quotaIn();

    /**
     * For how long calls have waited for quota, since there is this client.
     *
     * @return a time that grows
     */
    Duration waitedForQuota();
}
