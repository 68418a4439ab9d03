package dev.closecrm.sandbox;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.time.Duration;
import java.util.Arrays;

/** How the frames of an answer over HTTP/2 go onto their stream. */
@FunctionalInterface
interface FrameShape {

    /** As they are. {@link StreamWire} knows this one and passes such an answer on without a copy. */
    FrameShape PLAIN = (outlet, head, body) -> outlet.answer(head, body);

    /** As they are, then a GOAWAY that lets the other streams end. */
    FrameShape HANGING_UP =
            (outlet, head, body) -> outlet.answer(head, body).addListener(sent -> outlet.closeAfterOthers());

    /** Never. */
    FrameShape SILENT = (outlet, head, body) -> {};

    /** A RST_STREAM in their place. */
    FrameShape RESET = (outlet, head, body) -> outlet.reset(Http2Error.INTERNAL_ERROR);

    /** A RST_STREAM that promises that nothing was done. */
    FrameShape REFUSED = (outlet, head, body) -> outlet.reset(Http2Error.REFUSED_STREAM);

    /** The end of the connection in their place. */
    FrameShape CLOSED = (outlet, head, body) -> outlet.close();

    /** A GOAWAY that promises that nothing was done on this stream and those after it. */
    FrameShape GOING_AWAY = (outlet, head, body) -> outlet.disown();

    /** A GOAWAY that says nothing about this stream, then the end of the connection. */
    FrameShape GONE_AWAY = (outlet, head, body) -> outlet.goAwayAndClose();

    /** All but the end of the stream, with a {@code content-length} that promises ten bytes more; then a RST_STREAM. */
    FrameShape TRUNCATED = (outlet, head, body) -> {
        outlet.head(withLength(head, body.length + 10L));
        outlet.send(body).addListener(sent -> outlet.reset(Http2Error.INTERNAL_ERROR));
    };

    /** Bytes that are no frames, then the end of the connection. */
    FrameShape GARBAGE = (outlet, head, body) -> outlet.closeWith(ByteShape.notHttp());

    /** Puts the frames of one answer onto the stream. */
    void write(FrameOutlet outlet, Http2Headers head, byte[] body);

    /** Interim answers and the answer itself, for one write. */
    static FrameShape interim(int... statuses) {
        return (outlet, head, body) -> {
            for (int status : statuses) {
                outlet.interim(status);
            }
            outlet.answer(head, body);
        };
    }

    /** Interim answers, each on its own, and the answer itself, with a pause before each but the first. */
    static FrameShape interimApart(Duration pause, int... statuses) {
        return (outlet, head, body) -> apart(outlet, head, body, pause, statuses, 0);
    }

    private static void apart(
            FrameOutlet outlet, Http2Headers head, byte[] body, Duration pause, int[] statuses, int next) {
        if (next == statuses.length) {
            outlet.answer(head, body);
        } else {
            outlet.interim(statuses[next]);
            outlet.later(pause, () -> apart(outlet, head, body, pause, statuses, next + 1));
        }
    }

    /** The body in frames of one byte. */
    static FrameShape drip(Duration perByte) {
        return (outlet, head, body) -> {
            if (body.length == 0) {
                outlet.answer(head, body);
            } else {
                outlet.head(head);
                drip(outlet, body, perByte, 0);
            }
        };
    }

    private static void drip(FrameOutlet outlet, byte[] body, Duration perByte, int next) {
        byte[] one = {body[next]};
        if (next == body.length - 1) {
            outlet.last(one);
        } else {
            outlet.send(one);
            outlet.later(perByte, () -> drip(outlet, body, perByte, next + 1));
        }
    }

    /** The head of the answer, then a body of so many bytes, a piece at a time as the client's window allows. */
    static FrameShape oversized(long bytes) {
        return (outlet, head, body) -> {
            outlet.head(withLength(head, bytes));
            filler(outlet, bytes);
        };
    }

    private static void filler(FrameOutlet outlet, long left) {
        byte[] piece = new byte[(int) Math.min(left, 65_536)];
        Arrays.fill(piece, (byte) 'x');
        if (piece.length == left) {
            outlet.last(piece);
        } else {
            outlet.send(piece).addListener(sent -> {
                if (sent.isSuccess()) {
                    filler(outlet, left - piece.length);
                }
            });
        }
    }

    private static Http2Headers withLength(Http2Headers head, long length) {
        head.setLong(HttpHeaderNames.CONTENT_LENGTH, length);
        return head;
    }
}
