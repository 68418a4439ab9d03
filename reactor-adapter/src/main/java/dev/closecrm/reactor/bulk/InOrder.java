package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteResult;
import org.jspecify.annotations.Nullable;

/** Results that wait for the one before them. Not thread-safe: the drain of a run adds and takes. */
final class InOrder<T> {

    private final @Nullable DeleteResult<T>[] held;
    /** The index of the result that comes next. */
    private long next;

    /**
     * @param most no index is added before the one so many below it has been taken
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
    InOrder(int most) {
        this.held = new DeleteResult[most];
    }

    int most() {
        return held.length;
    }

    void add(DeleteResult<T> result) {
        held[place(result.index())] = result;
    }

    /** Takes the next result, or null as long as that has not been added. */
    @Nullable DeleteResult<T> poll() {
        DeleteResult<T> result = held[place(next)];
        if (result != null) {
            held[place(next)] = null;
            next++;
        }
        return result;
    }

    /** Takes any result, in no order; null if there is none. */
    @Nullable DeleteResult<T> pollAny() {
        for (int i = 0; i < held.length; i++) {
            DeleteResult<T> result = held[i];
            if (result != null) {
                held[i] = null;
                return result;
            }
        }
        return null;
    }

    private int place(long index) {
        return (int) (index % held.length);
    }
}
