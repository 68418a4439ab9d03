package dev.closecrm.reactor.bulk;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The ids of a run that are in flight, and the last ones that ended, so that no id is sent twice. Bounded: a run may be
 * endless.
 */
final class SeenIds {

    /** Failures hold an error with its causes and are not small. */
    private static final int REMEMBERED_FAILURES = 1_024;

    private final Map<ContactId, First> byId = new ConcurrentHashMap<>();
    private final Ended small;
    private final Ended failures;

    /**
     * @param remembered how many that have ended are kept
     */
    SeenIds(int remembered) {
        this.small = new Ended(remembered);
        this.failures = new Ended(Math.min(remembered, REMEMBERED_FAILURES));
    }

    /** The first item with this id: the one asked about, unless the id has been seen. */
    First firstOf(ContactId id, long index) {
        First mine = new First(id, index);
        First earlier = byId.putIfAbsent(id, mine);
        if (earlier != null && earlier.onlyThatItWasSent) {
            mine.maybeSentBefore = true;
            byId.put(id, mine);
            return mine;
        }
        return earlier == null ? mine : earlier;
    }

    /** Notes how a first item ended, and forgets the one that ended longest ago if there are too many. */
    void ended(First first, DeleteOutcome outcome) {
        first.result = outcome;
        if (outcome instanceof DeleteOutcome.Failed) {
            First full = failures.add(first);
            if (full != null && full.result instanceof DeleteOutcome.Failed failed && mayBeGone(failed)) {
                // Of this one only so much is kept: when it is sent again, a 404 may be its own doing.
                First mark = new First(full.id, full.index);
                mark.onlyThatItWasSent = true;
                byId.replace(full.id, full, mark);
                forget(small.add(mark));
            } else {
                forget(full);
            }
        } else {
            forget(small.add(first));
        }
    }

    private static boolean mayBeGone(DeleteOutcome.Failed failed) {
        return failed.error() instanceof CallException call && call.delivery() == Delivery.UNKNOWN;
    }

    private void forget(@Nullable First first) {
        if (first != null) {
            // Unless it has been sent again meanwhile.
            byId.remove(first.id, first);
        }
    }

    /** Items that have ended, the oldest first, up to a number. */
    private static final class Ended {

        private final int limit;
        private final Queue<First> queue = new ConcurrentLinkedQueue<>();
        private final AtomicInteger count = new AtomicInteger();

        Ended(int limit) {
            this.limit = limit;
        }

        /** Adds an item, and takes out the oldest if there are too many. */
        @Nullable First add(First first) {
            queue.add(first);
            if (count.incrementAndGet() <= limit) {
                return null;
            }
            count.decrementAndGet();
            return queue.poll();
        }
    }

    /** The first item of a run with some id. */
    static final class First {

        private final ContactId id;
        private final long index;
        private final Sinks.One<DeleteOutcome> announced = Sinks.one();
        private volatile @Nullable DeleteOutcome result;
        /** Whether nothing else of it is remembered. */
        private volatile boolean onlyThatItWasSent;

        private boolean maybeSentBefore;

        private First(ContactId id, long index) {
            this.id = id;
            this.index = index;
        }

        long index() {
            return index;
        }

        /** Whether an item of this run with this id may have deleted it, and has been forgotten otherwise. */
        boolean maybeSentBefore() {
            return maybeSentBefore;
        }

        /** Tells those who wait how this item ended. */
        void announce() {
            DeleteOutcome outcome = result;
            if (outcome != null) {
                announced.tryEmitValue(outcome);
            }
        }

        /** Emits how this item ended, once it has been announced. */
        Mono<DeleteOutcome> outcome() {
            return announced.asMono();
        }
    }
}
