package dev.closecrm.reactor.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The body of an answer, copied out of Netty's buffers, up to a limit. */
final class BoundedBody {

    private static final byte[] EMPTY = new byte[0];

    private final int limit;
    private byte[] bytes = EMPTY;
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
        int have = bytes.length;
        int taken = Math.min(part.readableBytes(), limit - have);
        complete = taken == part.readableBytes();
        bytes = Arrays.copyOf(bytes, have + taken);
        part.getBytes(part.readerIndex(), bytes, have, taken);
        return !complete;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Whether {@link #bytes()} is all of it. */
    boolean complete() {
        return complete;
    }
}
