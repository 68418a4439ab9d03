package dev.closecrm.reactor.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The body of an answer, copied out of Netty's buffers, up to a limit. */
final class BoundedBody {

    private static final byte[] EMPTY = new byte[0];

    private final int limit;
    private byte[] bytes = EMPTY;
    private int length;
    private boolean complete = true;

    BoundedBody(int limit) {
        this.limit = limit;
    }

    /**
     * Takes one part of the body.
     *
     * @return true if the body is longer than the limit, so that the rest need not come
     */
    boolean addUntilFull(ByteBuf part) {
        int taken = Math.min(part.readableBytes(), limit - length);
        complete = taken == part.readableBytes();
        if (length + taken > bytes.length) {
            // Doubled, so that a body of one-byte chunks is not copied again for each.
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(length + taken, 2 * bytes.length)));
        }
        part.getBytes(part.readerIndex(), bytes, length, taken);
        length += taken;
        return !complete;
    }

    byte[] bytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** Whether {@link #bytes()} is all of it. */
    boolean complete() {
        return complete;
    }
}
