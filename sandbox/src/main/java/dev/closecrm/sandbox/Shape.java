package dev.closecrm.sandbox;

import java.time.Duration;

/**
 * How an answer goes out, beneath the HTTP codec: here it can be cut, doubled, dripped, replaced or lost in ways that no HTTP
 * server would write.
 *
 * @param bytes over HTTP/1.1
 * @param frames over HTTP/2
 */
record Shape(ByteShape bytes, FrameShape frames) {

    static final Shape PLAIN = new Shape(ByteShape.PLAIN, FrameShape.PLAIN);
    static final Shape HANGING_UP = new Shape(ByteShape.HANGING_UP, FrameShape.HANGING_UP);
    static final Shape SILENT = new Shape(ByteShape.SILENT, FrameShape.SILENT);
    static final Shape RESET = new Shape(ByteShape.RESET, FrameShape.RESET);
    static final Shape CLOSED = new Shape(ByteShape.CLOSED, FrameShape.CLOSED);
    static final Shape TRUNCATED = new Shape(ByteShape.TRUNCATED, FrameShape.TRUNCATED);
    static final Shape GARBAGE = new Shape(ByteShape.GARBAGE, FrameShape.GARBAGE);
    /** A stream ends with its first answer, so there is no second one over HTTP/2. */
    static final Shape TWICE = new Shape(ByteShape.TWICE, FrameShape.PLAIN);

    /** HTTP/1.1 has no word for the next three. */
    static final Shape REFUSED = new Shape(ByteShape.CLOSED, FrameShape.REFUSED);

    static final Shape GOING_AWAY = new Shape(ByteShape.CLOSED, FrameShape.GOING_AWAY);
    static final Shape GONE_AWAY = new Shape(ByteShape.CLOSED, FrameShape.GONE_AWAY);

    /** Over HTTP/2 there are only frames, and every body comes in those. */
    static final Shape CHUNKED = new Shape(ByteShape.CHUNKED, FrameShape.PLAIN);

    static Shape interim(int... statuses) {
        return new Shape(ByteShape.interim(statuses), FrameShape.interim(statuses));
    }

    static Shape interimApart(Duration pause, int... statuses) {
        return new Shape(ByteShape.interimApart(pause, statuses), FrameShape.interimApart(pause, statuses));
    }

    static Shape drip(Duration perByte) {
        return new Shape(ByteShape.drip(perByte), FrameShape.drip(perByte));
    }

    static Shape oversized(long bytes) {
        return new Shape(ByteShape.oversized(bytes), FrameShape.oversized(bytes));
    }
}
