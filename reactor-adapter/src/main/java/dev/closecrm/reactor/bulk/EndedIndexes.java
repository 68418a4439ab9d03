package dev.closecrm.reactor.bulk;

import java.util.ArrayList;
import java.util.List;

/**
 * Which items of a run have ended: all below a watermark, and some above it. Holds one bit for each item from the watermark to the
 * last that has ended, so that one that takes long costs a few kilobytes.
 */
final class EndedIndexes {

    private static final int WORD = Long.SIZE;

    /** Bits of the items from {@code base} on, as a ring of words; its length is a power of two. */
    private long[] words = new long[4];

    /** The first index of the word with the watermark, a multiple of the word's size. */
    private long base;

    private long watermark;
    private long end;

    void add(long index) {
        while (index - base >= (long) words.length * WORD) {
            grow();
        }
        words[place(index)] |= 1L << index;
        end = Math.max(end, index + 1);
        while ((words[place(watermark)] & (1L << watermark)) != 0) {
            watermark++;
            if (watermark % WORD == 0) {
                words[place(base)] = 0;
                base = watermark;
            }
        }
    }

    private int place(long index) {
        return (int) (index / WORD) & (words.length - 1);
    }

    private void grow() {
        long[] before = words;
        long[] after = new long[before.length * 2];
        for (int i = 0; i < before.length; i++) {
            long word = base / WORD + i;
            after[(int) word & (after.length - 1)] = before[(int) word & (before.length - 1)];
        }
        words = after;
    }

    /** The first item that has not ended. */
    long watermark() {
        return watermark;
    }

    /** Those above the watermark that have ended. */
    List<IndexRange> above() {
        List<IndexRange> ranges = new ArrayList<>();
        for (long first = next(watermark, true); first < end; first = next(first, true)) {
            long behind = next(first, false);
            ranges.add(new IndexRange(first, behind - 1));
            first = behind;
        }
        return ranges;
    }

    /** The first index from some on whose bit is set, or is not; the end if there is none. */
    private long next(long from, boolean set) {
        for (long index = from; index < end; index = (index / WORD + 1) * WORD) {
            long word = words[place(index)];
            long left = (set ? word : ~word) & (-1L << index);
            if (left != 0) {
                return Math.min(end, index / WORD * WORD + Long.numberOfTrailingZeros(left));
            }
        }
        return end;
    }
}
