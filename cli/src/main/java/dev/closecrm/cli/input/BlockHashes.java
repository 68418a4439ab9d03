package dev.closecrm.cli.input;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/** What the first pass keeps of the inputs, so that a later one can tell whether it reads the same: 16 bytes for each block. */
final class BlockHashes {

    /** How many inputs are a block. */
    static final int SIZE = 256;

    private static final int LONGS = 2;

    private final MessageDigest sha256 = Fingerprint.sha256();
    private long[] hashes = new long[64];
    private int blocks;

    /** Adds the next block. */
    void add(List<String> block) {
        if (hashes.length == blocks * LONGS) {
            hashes = Arrays.copyOf(hashes, hashes.length * 2);
        }
        ByteBuffer hash = hash(block);
        for (int i = 0; i < LONGS; i++) {
            hashes[blocks * LONGS + i] = hash.getLong();
        }
        blocks++;
    }

    /** Whether the block with that number is the same. */
    boolean are(int number, List<String> block) {
        ByteBuffer hash = hash(block);
        return hash.getLong() == hashes[number * LONGS] && hash.getLong() == hashes[number * LONGS + 1];
    }

    private ByteBuffer hash(List<String> block) {
        for (String id : block) {
            byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
            sha256.update(
                    ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
            sha256.update(bytes);
        }
        return ByteBuffer.wrap(sha256.digest());
    }
}
