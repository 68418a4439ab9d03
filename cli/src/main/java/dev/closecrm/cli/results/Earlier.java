package dev.closecrm.cli.results;

import dev.closecrm.core.DeleteOutcome;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;

/**
 * What earlier runs over the same inputs have left. A bit for each input, whatever their number.
 *
 * @param settled the inputs that have their last result: deleted, not found, or a repetition of such a one
 * @param maybeSent inputs that have not, and whose contact an earlier run may have deleted all the same
 * @param counts how the settled ones ended
 */
public record Earlier(BitSet settled, BitSet maybeSent, Map<DeleteOutcome.Kind, Long> counts) {

    /** Nothing: this is the first run. */
    public static Earlier none() {
        return new Earlier(new BitSet(), new BitSet(), new EnumMap<>(DeleteOutcome.Kind.class));
    }

    /** How many inputs are settled. */
    public int count() {
        return settled.cardinality();
    }

    void settle(int index, DeleteOutcome.Kind kind) {
        settled.set(index);
        maybeSent.clear(index);
        counts.merge(kind, 1L, Long::sum);
    }
}
