package dev.closecrm.reactor.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Asks a connection of HTTP/2 for a sign of life when answers are awaited and nothing comes. Over HTTP/1.1 a call that runs out of
 * time closes its connection, and the next one gets another; here it only resets its stream, and all later calls would be
 * written to a connection that died without a word.
 *
 * <p>Reactor Netty's own check of this kind looks at connections without any traffic, and calls that are written into the void
 * are traffic. It also takes the place of the pool's limits for idle time and, where HTTP/1.1 was negotiated, for life time.
 */
final class LivenessCheck extends IdleStateHandler {

    /** How long a connection may be silent before it is asked, and again before it is closed. */
    static final AttributeKey<Duration> SILENCE = AttributeKey.valueOf("closecrm.silence");

    private final Http2Connection streams;
    private boolean asked;

    private LivenessCheck(Duration silence, Http2Connection streams) {
        super(silence.toNanos(), 0, 0, TimeUnit.NANOSECONDS);
        this.streams = streams;
    }

    static LivenessCheck of(Channel connection, Http2Connection streams) {
        return new LivenessCheck(connection.attr(SILENCE).get(), streams);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
        asked = false;
        super.channelRead(ctx, msg);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
        if (asked) {
            // From here and not from the end of the pipeline: the codec would say goodbye first, to nobody.
            ctx.close();
        } else if (streams.numActiveStreams() > 0) {
            asked = true;
            ctx.channel().writeAndFlush(new DefaultHttp2PingFrame(0));
        }
    }
}
