package dev.closecrm.cli.input;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Tells one list of inputs from another. The sum of a SHA-256 for each place and what stands there, so that it does not matter
 * in which order inputs are added: a results file, whose lines come as the deletes end, gives that of its inputs too.
 */
public final class Fingerprint {

    private static final int LANES = 4;

    private final MessageDigest sha256 = sha256();
    private final long[] sums = new long[LANES];

    /** Adds the input at a place. */
    public void add(int index, String id) {
        sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(index).flip());
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest(id.getBytes(StandardCharsets.UTF_8)));
        for (int i = 0; i < LANES; i++) {
            sums[i] += digest.getLong();
        }
    }

    /** What has been added, in 64 hexadecimal digits. */
    public String value() {
        StringBuilder text = new StringBuilder(LANES * 16);
        for (long sum : sums) {
            text.append(String.format("%016x", sum));
        }
        return text.toString();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
