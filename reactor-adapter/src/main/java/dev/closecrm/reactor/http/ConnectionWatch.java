package dev.closecrm.reactor.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Settings;
import reactor.netty.NettyPipeline;

/**
 * Stands in a connection of HTTP/2, behind the handler that hands its frames out to the streams, and remembers that the server broke
 * the rules: the codec closes the connection then, and its streams would take it for one that was merely lost.
 */
final class ConnectionWatch extends ChannelInboundHandlerAdapter {

    private static final String NAME = "closecrm.connectionWatch";
    private static final String LIVENESS = "closecrm.livenessCheck";

    private final Channel connection;
    private boolean broken;
    private boolean lossTold;

    private ConnectionWatch(Channel connection) {
        this.connection = connection;
    }

    /** The watch of a connection; put there by the first stream, with what else a connection needs. */
    static ConnectionWatch over(Channel connection) {
        ChannelPipeline pipeline = connection.pipeline();
        ConnectionWatch watch = (ConnectionWatch) pipeline.get(NAME);
        if (watch == null) {
            Http2Connection streams = pipeline.get(Http2FrameCodec.class).connection();
            watch = new ConnectionWatch(connection);
            pipeline.addAfter(NettyPipeline.H2MultiplexHandler, NAME, watch);
            pipeline.addBefore(NettyPipeline.HttpCodec, LIVENESS, LivenessCheck.of(connection, streams));
            // Reactor Netty has no option for it, and would leave what is pushed unread until the window is used up.
            // Goes out with the first request.
            connection.write(new DefaultHttp2SettingsFrame(new Http2Settings().pushEnabled(false)));
        }
        return watch;
    }

    /** Whether the server broke the rules of HTTP/2, and every stream ended for that. */
    boolean broken() {
        return broken;
    }

    /**
     * Whether the connection is lost and a stream has been told so before. Asked by each stream that ends without an answer.
     */
    boolean lostBefore() {
        if (connection.isActive() && !broken) {
            return false;
        }
        boolean before = lossTold;
        lossTold = true;
        return before;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception) {
            // Not passed on: it would be logged, and may quote what the server sent.
            broken = true;
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }
}
