package dev.closecrm.sandbox;

import java.time.Duration;

/**
 * How an answer goes out, beneath the HTTP codec: here it can be cut, doubled, dripped, replaced or lost in ways that no HTTP
 * server would write.
 *
 * @param bytes over HTTP/1.1
 */
record Shape(ByteShape bytes) {

    static final Shape PLAIN = new Shape(ByteShape.PLAIN);
    static final Shape HANGING_UP = new Shape(ByteShape.HANGING_UP);
    static final Shape SILENT = new Shape(ByteShape.SILENT);
    static final Shape RESET = new Shape(ByteShape.RESET);
    static final Shape CLOSED = new Shape(ByteShape.CLOSED);
    static final Shape TRUNCATED = new Shape(ByteShape.TRUNCATED);
    static final Shape GARBAGE = new Shape(ByteShape.GARBAGE);
    static final Shape TWICE = new Shape(ByteShape.TWICE);

    static Shape interim(int... statuses) {
        return new Shape(ByteShape.interim(statuses));
    }

    static Shape interimApart(Duration pause, int... statuses) {
        return new Shape(ByteShape.interimApart(pause, statuses));
    }

    static Shape drip(Duration perByte) {
        return new Shape(ByteShape.drip(perByte));
    }

    static Shape oversized(long bytes) {
        return new Shape(ByteShape.oversized(bytes));
    }
}
