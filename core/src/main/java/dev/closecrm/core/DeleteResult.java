package dev.closecrm.core;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of one item: the line an audit wants.
 *
 * @param index the item's place in its source, counted from 0 without gaps; 0 for a single call
 * @param item what the caller handed in
 * @param id the contact; null if what was handed in is not a contact id
 * @param outcome how the call ended
 * @param status the HTTP status of the last answer; null if no answer was read
 * @param attempts how many HTTP exchanges were begun
 * @param elapsed from the item's turn to its outcome, waiting included
 * @param <T> the caller's own type of item
 */
public record DeleteResult<T>(
        long index,
        T item,
        @Nullable ContactId id,
        DeleteOutcome outcome,
        @Nullable Integer status,
        int attempts,
        Duration elapsed) {

    /** Refuses null where it is not allowed, and negative numbers. */
    public DeleteResult {
        Objects.requireNonNull(item, "item");
        Objects.requireNonNull(outcome, "outcome");
        Objects.requireNonNull(elapsed, "elapsed");
        if (index < 0) {
            throw new IllegalArgumentException("index is " + index + ", must not be negative");
        }
        if (attempts < 0) {
            throw new IllegalArgumentException("attempts is " + attempts + ", must not be negative");
        }
    }
}
