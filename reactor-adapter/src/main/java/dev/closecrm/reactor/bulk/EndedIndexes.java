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
        long first = -1;
        for (long index = watermark; index <= end; index++) {
            boolean ended = index < end && (words[place(index)] & (1L << index)) != 0;
            if (ended && first < 0) {
                first = index;
            } else if (!ended && first >= 0) {
                ranges.add(new IndexRange(first, index - 1));
                first = -1;
            }
        }
        return ranges;
    }
}
