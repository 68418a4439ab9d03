package dev.closecrm.core.engine.retry;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Which of several keys is believed when it says that a contact is not there. All are meant to be of one organisation; one of another
 * says so of every contact. A key that has deleted something is of the right one. As long as none has, a contact is missing
 * only when all keys say so.
 *
 * <p>Sets of keys are the bits of a long, from the lowest.
 */
public final class KeyTrust {

    /** No other key need be asked. */
    public static final int NOBODY = -1;

    /** No other key can be asked, and those that would be believed are not in use any more. */
    public static final int NOT_SURE = -2;

    /** So often may a key be wrong; the contact could just have been made, or the service be behind in one place. */
    private static final int MISTAKES = 3;

    private final int keys;
    private final AtomicReference<State> state;

    /**
     * @param usable the keys in use
     * @param proven those that have deleted something
     * @param mistakes for each key, how often it missed what another one deleted, two bits each
     */
    private record State(long usable, long proven, long mistakes) {

        State afterDeletion(int key, long saidNotThere, int keys) {
            long counts = mistakes;
            long out = 0;
            for (int other = 0; other < keys; other++) {
                // One that has deleted something is right about the organisation, and late at most.
                if (has(saidNotThere, other) && !has(proven, other)) {
                    counts += mistakesOf(counts, other) < MISTAKES ? 1L << (2 * other) : 0;
                    out |= mistakesOf(counts, other) == MISTAKES ? 1L << other : 0;
                }
            }
            return new State(usable, proven | (1L << key), counts).without(out);
        }

        /** The last is never taken out: what it is refused with is what the caller has to know. */
        State without(long out) {
            return (usable & ~out) == 0 ? this : new State(usable & ~out, proven, mistakes);
        }

        private static long mistakesOf(long counts, int key) {
            return (counts >> (2 * key)) & 3;
        }
    }

    /**
     * No key has shown anything yet.
     *
     * @param keys how many there are, from 1 to 16
     */
    public KeyTrust(int keys) {
        this.keys = keys;
        this.state = new AtomicReference<>(new State((1L << keys) - 1, 0, 0));
    }

    /**
     * Whom to ask after a key has said that a contact is not there.
     *
     * @param key that key
     * @param saidSo the keys that have said so of this contact, that one among them
     * @return another key, {@link #NOBODY} if it is to be believed, or {@link #NOT_SURE}
     */
    public int secondOpinion(int key, long saidSo) {
        State now = state.get();
        if (has(now.proven, key)) {
            return NOBODY;
        }
        long others = now.usable & ~saidSo;
        long best = others & now.proven;
        // Where a proven key has said so already, the others add nothing.
        boolean settled = (now.proven & saidSo) != 0;
        if (!settled && others == 0 && (now.proven & ~now.usable) != 0) {
            return NOT_SURE;
        }
        return settled || others == 0 ? NOBODY : Long.numberOfTrailingZeros(best != 0 ? best : others);
    }

    /**
     * Notes that a key has deleted a contact.
     *
     * @param key that key
     * @param saidNotThere the keys that had said of this contact that it is not there
     * @return those of them that are not worth asking any more, for the last time
     */
    public long deleted(int key, long saidNotThere) {
        if (saidNotThere == 0 && has(state.get().proven, key)) {
            return 0;
        }
        State before = state.getAndUpdate(now -> now.afterDeletion(key, saidNotThere, keys));
        State after = before.afterDeletion(key, saidNotThere, keys);
        return before.usable & ~after.usable;
    }

    /** What became of taking a key out. */
    public enum Removal {
        /** It is not used any more. */
        DONE,
        /** It had been taken out before. */
        BEFORE,
        /** It is the last, and stays. */
        LAST
    }

    /**
     * Takes a key out that the service does not accept.
     *
     * @param key that key
     * @return what became of that
     */
    public Removal remove(int key) {
        State before = state.getAndUpdate(now -> now.without(1L << key));
        if (!has(before.usable, key)) {
            return Removal.BEFORE;
        }
        return (before.usable & ~(1L << key)) == 0 ? Removal.LAST : Removal.DONE;
    }

    /**
     * Whether a key is in use.
     *
     * @param key that key
     * @return false once it was taken out
     */
    public boolean usable(int key) {
        return has(state.get().usable, key);
    }

    private static boolean has(long set, int key) {
        return (set & (1L << key)) != 0;
    }
}
