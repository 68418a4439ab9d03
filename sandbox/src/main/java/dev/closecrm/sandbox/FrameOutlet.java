package dev.closecrm.sandbox;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a {@link FrameShape} can do with the stream and its connection, for one answer. Used on their event loop only. */
final class FrameOutlet {

    /** In the words of Netty's codec. */
    private static final long FOREVER = -1;

    private final ChannelHandlerContext ctx;
    private final Http2StreamChannel stream;
    private final List<ChannelPromise> promises;
    private final Exchange exchange;
    private final int status;

    FrameOutlet(
            ChannelHandlerContext ctx,
            Http2StreamChannel stream,
            List<ChannelPromise> promises,
            Exchange exchange,
            int status) {
        this.ctx = ctx;
        this.stream = stream;
        this.promises = promises;
        this.exchange = exchange;
        this.status = status;
    }

    /** Sends a head of its own before that of the answer. */
    void interim(int status) {
        head(new DefaultHttp2Headers().status(Integer.toString(status)));
    }

    /** Sends a head; a body follows, or another head. */
    void head(Http2Headers head) {
        ctx.write(new DefaultHttp2HeadersFrame(head));
    }

    /** Sends a part of the body at once, and what was written before it; others follow. */
    ChannelFuture send(byte[] bytes) {
        return ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes)));
    }

    /** Sends the end of the body. */
    ChannelFuture last(byte[] bytes) {
        return end(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), true));
    }

    /** Sends all of an answer. */
    ChannelFuture answer(Http2Headers head, byte[] body) {
        if (body.length == 0) {
            return end(new DefaultHttp2HeadersFrame(head, true));
        }
        head(head);
        return last(body);
    }

    /** Ends the stream before the end of the answer; the connection goes on. */
    void reset(Http2Error error) {
        exchange.ended();
        ctx.writeAndFlush(new DefaultHttp2ResetFrame(error)).addListener(sent -> done());
    }

    /** Closes the connection, with all of its streams. */
    void close() {
        closeWith(new byte[0]);
    }

    /** The same, after bytes that need not be frames. */
    void closeWith(byte[] bytes) {
        exchange.ended();
        ChannelHandlerContext beneathFrames = ConnectionWire.beneathCodec(connection());
        if (beneathFrames != null) {
            beneathFrames.writeAndFlush(Unpooled.wrappedBuffer(bytes));
            beneathFrames.close();
        }
        done();
    }

    /** Says that no more streams are welcome, and closes the connection once those that are there have ended. */
    void closeAfterOthers() {
        // Netty does all that when it is asked to close above its codec, whose patience is 0 ms unless told otherwise.
        // But not
        // from within a write: the end of this stream, which is about to be told, would close the connection before the
        // GOAWAY is written.
        codec().gracefulShutdownTimeoutMillis(FOREVER);
        ctx.executor().execute(() -> connection().close());
    }

    /** The same, but for this stream and those after it, which end here: they shall count as never begun. */
    void disown() {
        exchange.ended();
        goAway(Math.max(0, stream.stream().id() - 2));
        closeAfterOthers();
        done();
    }

    /** Says that no more streams are welcome, and closes the connection with those that are there. */
    void goAwayAndClose() {
        goAway(codec().connection().remote().lastStreamCreated());
        close();
    }

    /** Goes on later, and sends what was written until now, unless the stream is closed by then. */
    void later(Duration delay, Runnable next) {
        ctx.flush();
        ctx.executor()
                .schedule(
                        () -> {
                            if (ctx.channel().isActive()) {
                                next.run();
                            }
                        },
                        delay.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    private ChannelFuture end(Object frame) {
        exchange.answered(status);
        return ctx.writeAndFlush(frame).addListener(sent -> done());
    }

    /** Past the codec, which knows the numbers of streams; the frame for the same says no number below the highest. */
    private void goAway(int lastStream) {
        ChannelHandlerContext frames = connection().pipeline().context(codec());
        codec().goAway(frames, lastStream, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, frames.newPromise());
        frames.flush();
    }

    private Http2FrameCodec codec() {
        return connection().pipeline().get(Http2FrameCodec.class);
    }

    private Channel connection() {
        return stream.parent();
    }

    /** Whoever wrote the answer is told that it was written, even where it was thrown away: the server itself did no wrong. */
    private void done() {
        promises.forEach(ChannelPromise::trySuccess);
    }
}
