package dev.closecrm.core.engine.quota;

/**
 * Where it is not known what is left, one request goes and the others wait for its answer, but never longer than a second: it may
 * have been lost.
 *
 * @param done whether nothing has to be found out
 * @param under whether it is under way
 * @param sentAt when it left
 */
record Probe(boolean done, boolean under, long sentAt) {

    static final Probe DONE = new Probe(true, false, 0);
    static final Probe NEEDED = new Probe(false, false, 0);

    private static final long LONGEST_WAIT = Edge.SECOND;

    long opensAt(long now) {
        return under ? sentAt + LONGEST_WAIT : now;
    }

    boolean lost(long now) {
        return under && now - sentAt >= LONGEST_WAIT;
    }

    Probe sent(long now) {
        return done || under ? this : new Probe(false, true, now);
    }
}
