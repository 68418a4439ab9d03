package dev.closecrm.cli.input;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Numbers by ids, in bounded memory: 20 bytes for each slot. An id is known by the first 128 bits of its SHA-256. Where there are
 * more ids than fit, each of several parts of them takes its turn. For one thread.
 */
public final class IdTable {

    private final MessageDigest sha256 = Fingerprint.sha256();
    private final long[] high;
    private final long[] low;
    private final int[] numbers;
    private final int mask;
    private final int parts;

    // Of the id that was asked about last.
    private long a;
    private long b;
    private long part;

    /**
     * Makes an empty one.
     *
     * @param mostSlots a power of two, at least 1024; ids fall into the parts evenly, and fill some half of it at most
     * @param count how many ids there are
     */
    public IdTable(int mostSlots, int count) {
        int slots = 1024;
        while (slots < mostSlots && slots < count * 2L) {
            slots *= 2;
        }
        int fit = slots / 2;
        this.high = new long[slots];
        this.low = new long[slots];
        this.numbers = new int[slots];
        this.mask = slots - 1;
        this.parts = Math.max(1, (int) (((long) count + fit - 1) / fit));
    }

    /** How many parts there are. */
    public int parts() {
        return parts;
    }

    /** Whether an id belongs to a part. */
    public boolean inPart(String id, int which) {
        hash(id);
        return Long.remainderUnsigned(part, parts) == which;
    }

    /** The number of an id, or 0 if it has none. */
    public int get(String id) {
        hash(id);
        return numbers[slot()];
    }

    /** Gives an id a number, other than 0. */
    public void put(String id, int number) {
        hash(id);
        int slot = slot();
        high[slot] = a;
        low[slot] = b;
        numbers[slot] = number;
    }

    /** Takes all out. */
    public void clear() {
        Arrays.fill(numbers, 0);
    }

    private void hash(String id) {
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest(id.getBytes(StandardCharsets.UTF_8)));
        a = digest.getLong();
        b = digest.getLong();
        part = digest.getLong();
    }

    /** That of the id, or the free one where it belongs. */
    private int slot() {
        int slot = (int) a & mask;
        while (numbers[slot] != 0 && (high[slot] != a || low[slot] != b)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
