package dev.closecrm.core.engine.quota;

import java.util.function.LongSupplier;

/**
 * How many requests of each window are ours. Alone, a process takes all that is left. Where others use the same quota, each sends
 * a steady number per window, and these numbers find their sum without a message: what is left over at the end of the windows is
 * taken in small random parts, and what was refused is given up in part.
 *
 * @param contended whether others use the quota too
 * @param quota how many requests per window are ours, if it is contended
 * @param foreign how many others use per window, on average
 * @param leftover how many were left over at the end of the last windows, on average
 * @param caution how much more than half a request has to be left over before any of it is claimed; who was refused had seen
 *     too much
 * @param quiet for how many windows nobody else has been seen
 */
record Claim(boolean contended, int quota, double foreign, double leftover, double caution, int quiet) {

    static final Claim ALONE = new Claim(false, 0, 0, 0, 0, 0);

    private static final int WINDOWS_UNTIL_ALONE = 3;
    private static final double FOREIGN_WEIGHT = 1 / 6.0;
    private static final double FORGETTING = 0.9;
    private static final double LEFTOVER_WEIGHT = 0.3;
    private static final double CAUTION = 0.25;
    private static final double MOST_CAUTION = 2;
    private static final double UNSURE = 0.4;
    private static final double CALMING = 0.96;
    private static final double LARGE = 0.2;
    private static final double LARGE_WEIGHT = 0.8;
    /** One among many soon sees it; beside one stranger it may be the stranger's chance. */
    private static final double FAR_OF_MANY = 0.1;

    private static final double FAR = 0.25;
    private static final double RELEASE = 0.0015;

    /** Others were seen for the first time: ours is the part that we had of what was used. */
    Claim shared(int limit, long own, long others) {
        if (contended) {
            return this;
        }
        double part = (double) Math.max(1, own) / (Math.max(1, own) + Math.max(1, others));
        return new Claim(true, Math.max(1, (int) Math.round(limit * part)), Math.max(1, limit * (1 - part)), 0, 0, 0);
    }

    /** The same part of another limit. */
    Claim scaled(double factor) {
        return new Claim(
                contended,
                Math.max(1, (int) Math.round(quota * factor)),
                foreign * factor,
                leftover * factor,
                caution,
                0);
    }

    /** One of ours was refused: half of these are given up, by chance. */
    Claim refused(LongSupplier dice) {
        return new Claim(
                contended,
                Math.max(1, quota - heads(1, dice)),
                foreign,
                0,
                Math.min(MOST_CAUTION, caution + CAUTION),
                0);
    }

    /** What a window was like when it ended. */
    record Past(int limit, long used, long certain, double foreign, double unseen, boolean refused) {}

    Claim after(Past past, LongSupplier dice) {
        if (!contended) {
            return this;
        }
        double others = Double.isNaN(past.foreign)
                ? foreign * FORGETTING
                : foreign + FOREIGN_WEIGHT * (Math.max(0, past.foreign) - foreign);
        boolean nobody = past.foreign < 1 && !past.refused;
        int silent = nobody ? quiet + 1 : 0;
        if (silent >= WINDOWS_UNTIL_ALONE) {
            return ALONE;
        }
        if (past.refused) {
            // Far from what we could have, half of the way is gone at once: one refusal in each window would take long
            // to tell.
            long missed = quota - past.used;
            int less = missed > quota * (foreign > quota ? FAR_OF_MANY : FAR) ? (int) (missed / 2) : 0;
            return new Claim(true, Math.max(1, quota - less), others, 0, caution, silent);
        }
        double left = Math.max(0, past.certain - others * past.unseen);
        double weight = left > past.limit * LARGE ? LARGE_WEIGHT : LEFTOVER_WEIGHT;
        double average = leftover + weight * (left - leftover);
        if (past.used < quota) {
            return new Claim(true, lowered(past, dice), others, average, caution, silent);
        }
        return claimed(others, average, silent, dice);
    }

    /** Either the others were faster, or we had less to do. */
    private int lowered(Past past, LongSupplier dice) {
        long missed = quota - past.used;
        if (past.certain >= 1) {
            return (int) Math.max(1, quota - (missed + 1) / 2);
        }
        // One who has most of it gives up less: a stranger who takes the rest at random would not give it back.
        int less = rounded(heads(missed, dice) * Math.min(1, foreign / quota), dice);
        return Math.max(1, quota - less);
    }

    private Claim claimed(double others, double average, int silent, LongSupplier dice) {
        // All together claim what is left over: each the part that it has of what is used.
        double part = quota / (quota + others);
        // The fewer requests we have among those of the others, the less sure it is what these leave.
        double least = 0.5 + Math.min(caution, UNSURE * others / quota);
        int taken = average >= least ? rounded(average * part, dice) : 0;
        double rest = Math.max(0, average - taken / part);
        int released = rounded(Math.min(0.9, RELEASE * quota), dice);
        return new Claim(true, Math.max(1, quota + taken - released), others, rest, caution * CALMING, silent);
    }

    private static int rounded(double value, LongSupplier dice) {
        int whole = (int) value;
        return value > whole && fraction(dice) < value - whole ? whole + 1 : whole;
    }

    private static int heads(long coins, LongSupplier dice) {
        int heads = 0;
        for (long i = 0; i < Math.min(coins, 1_000); i++) {
            heads += dice.getAsLong() < 0 ? 1 : 0;
        }
        return heads;
    }

    private static double fraction(LongSupplier dice) {
        return (dice.getAsLong() >>> 11) * 0x1.0p-53;
    }
}
