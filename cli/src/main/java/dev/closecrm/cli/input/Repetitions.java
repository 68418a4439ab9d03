package dev.closecrm.cli.input;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Finds ids that stand in a list more than once, over all of it and in bounded memory: as many passes are made as are needed for
 * each of them to look at no more ids than fit into its table. An id is known by the first 128 bits of its SHA-256, and with it the
 * place where it was first.
 */
public final class Repetitions {

    /** 21 MB: two halves of a hash and a place for each slot. */
    private static final int SLOTS = 1 << 20;

    /** Half of the slots. Hashes fall into the passes evenly, so that none of them gets twice as many. */
    private static final int IDS_OF_A_PASS = 500_000;

    private final Inputs inputs;
    private final int passes;
    private final MessageDigest sha256 = Fingerprint.sha256();

    private final long[] high;
    private final long[] low;
    private final int[] firstPlaces;
    private final int mask;

    /** Prepares a search. */
    public Repetitions(Inputs inputs, Inputs.Survey survey) {
        this(inputs, survey.count(), SLOTS, IDS_OF_A_PASS);
    }

    Repetitions(Inputs inputs, int count, int mostSlots, int idsOfAPass) {
        this.inputs = inputs;
        this.passes = Math.max(1, (count + idsOfAPass - 1) / idsOfAPass);
        int slots = 1024;
        while (slots < mostSlots && slots < count * 2L) {
            slots *= 2;
        }
        this.high = new long[slots];
        this.low = new long[slots];
        this.firstPlaces = new int[slots];
        this.mask = slots - 1;
    }

    /** Is told of each repetition. */
    public interface OnRepetition {
        /** Takes one, with where it stands and where the id was first. */
        void accept(String place, String firstPlace, String id);
    }

    /**
     * Searches. What is not a contact id is left out, since it is never sent.
     *
     * @return how many inputs repeat an earlier one
     */
    public int find(OnRepetition onRepetition) {
        int found = 0;
        for (int part = 0; part < passes; part++) {
            Arrays.fill(firstPlaces, 0);
            found += find(part, onRepetition);
        }
        return found;
    }

    private int find(int part, OnRepetition onRepetition) {
        int found = 0;
        try (Inputs.Pass pass = inputs.read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                if (!Inputs.isContactId(input.id())) {
                    continue;
                }
                ByteBuffer digest = ByteBuffer.wrap(sha256.digest(input.id().getBytes(StandardCharsets.UTF_8)));
                long a = digest.getLong();
                long b = digest.getLong();
                if (Long.remainderUnsigned(digest.getLong(), passes) != part) {
                    continue;
                }
                int first = firstPlace(a, b, (int) pass.placeNumber());
                if (first != 0) {
                    found++;
                    onRepetition.accept(pass.place(), place(first), input.id());
                }
            }
        }
        return found;
    }

    /** Where the id was first, or 0 if it is new, and then it is noted. */
    private int firstPlace(long a, long b, int place) {
        int slot = (int) a & mask;
        while (firstPlaces[slot] != 0) {
            if (high[slot] == a && low[slot] == b) {
                return firstPlaces[slot];
            }
            slot = (slot + 1) & mask;
        }
        high[slot] = a;
        low[slot] = b;
        firstPlaces[slot] = place;
        return 0;
    }

    private static String place(int number) {
        return number < 0 ? "argument " + -number : "line " + number;
    }
}
