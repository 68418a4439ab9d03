package dev.closecrm.reactor;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.reactor.bulk.RunClient;
import dev.closecrm.reactor.bulk.RunConditions;
import java.time.Duration;
import java.util.function.LongSupplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** What bulk runs need of a tenant: its calls, and what is known of its quota. */
record TenantCalls(DeleteCall call, Lane lane, Scheduler timer, LongSupplier clock) implements RunClient {

    @Override
    public Mono<DeleteResult<ContactId>> delete(
            ContactId id, boolean maybeSentBefore, RunConditions conditions, Duration timeout) {
        return call.delete(id, maybeSentBefore, conditions, timeout).map(Ended::result);
    }

    @Override
    public long nanoTime() {
        return clock.getAsLong();
    }

    @Override
    public boolean shortOfQuota() {
        return lane.shortOfQuota();
    }

    @Override
    public Duration quotaIn() {
        long nanos = lane.quota().nextIn(QuotaDesk.ANY_KEY, lane.now(), false);
        return nanos == QuotaDesk.UNTIL_ANSWERED ? Duration.ZERO : Duration.ofNanos(nanos);
    }

    @Override
    public Duration waitedForQuota() {
        return lane.waitedForQuota();
    }
}
