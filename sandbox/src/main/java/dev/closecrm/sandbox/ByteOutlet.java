package dev.closecrm.sandbox;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a {@link ByteShape} can do with the connection, for one answer. Used on the connection's event loop only. */
final class ByteOutlet {

    private final ChannelHandlerContext ctx;
    private final List<ChannelPromise> promises;
    private final Exchange exchange;
    private final int status;

    ByteOutlet(ChannelHandlerContext ctx, List<ChannelPromise> promises, Exchange exchange, int status) {
        this.ctx = ctx;
        this.promises = promises;
        this.exchange = exchange;
        this.status = status;
    }

    /** Sends some bytes at once; others follow. */
    ChannelFuture send(byte[] bytes) {
        return ctx.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    }

    /** Sends the end of the answer. */
    void last(byte[] bytes) {
        exchange.answered(status);
        send(bytes).addListener(sent -> done());
    }

    /** Closes the connection, after what was sent and before the end of the answer. */
    void close() {
        closeFrom(ctx);
    }

    /** The same with a RST packet, which also throws away what the client has not read. */
    void reset() {
        ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        // From beneath TLS, if there is any: it would say goodbye first.
        closeFrom(ctx.pipeline().firstContext());
    }

    /** Goes on later, unless the connection is closed by then. */
    void later(Duration delay, Runnable next) {
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

    private void closeFrom(ChannelHandlerContext handler) {
        exchange.ended();
        handler.close().addListener(closed -> done());
    }

    /** Whoever wrote the answer is told that it was written, even where it was thrown away: the server itself did no wrong. */
    private void done() {
        promises.forEach(ChannelPromise::trySuccess);
    }
}
