package dev.closecrm.reactor.bulk;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The ids of a run that are in flight, and the last ones that ended, so that no id is sent twice. Bounded: a run may be
 * endless.
 */
final class SeenIds {

    private static final int REMEMBERED = 65_536;

    private final Map<ContactId, First> byId = new ConcurrentHashMap<>();
    private final Queue<First> ended = new ConcurrentLinkedQueue<>();
    private final AtomicInteger endedCount = new AtomicInteger();

    /** The first item with this id: the one asked about, unless the id has been seen. */
    First firstOf(ContactId id, long index) {
        First mine = new First(id, index, Sinks.one());
        First earlier = byId.putIfAbsent(id, mine);
        return earlier == null ? mine : earlier;
    }

    /** Notes how a first item ended, and forgets the one that ended longest ago if there are too many. */
    void ended(First first, DeleteOutcome outcome) {
        first.sink().tryEmitValue(outcome);
        ended.add(first);
        if (endedCount.incrementAndGet() > REMEMBERED) {
            First oldest = ended.poll();
            if (oldest != null) {
                endedCount.decrementAndGet();
                byId.remove(oldest.id());
            }
        }
    }

    record First(ContactId id, long index, Sinks.One<DeleteOutcome> sink) {

        /** Emits how this item ended, as soon as it has. */
        Mono<DeleteOutcome> outcome() {
            return sink.asMono();
        }
    }
}
