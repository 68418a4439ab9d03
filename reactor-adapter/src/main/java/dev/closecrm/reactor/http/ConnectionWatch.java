package dev.closecrm.reactor.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Settings;
import reactor.netty.NettyPipeline;

/**
 * Stands in a connection of HTTP/2, behind the handler that hands its frames out to the streams, and sees what concerns the
 * connection as a whole. It remembers that the server broke the rules, which the streams would otherwise take for a connection
 * that was merely lost. And it closes a connection that is of no more use: Reactor Netty only stops to open streams on it and
 * waits for the server to hang up, while its place in the pool stays taken.
 */
final class ConnectionWatch extends ChannelInboundHandlerAdapter {

    private static final String NAME = "closecrm.connectionWatch";
    private static final String LIVENESS = "closecrm.livenessCheck";

    private final Channel connection;
    private final Http2Connection streams;
    private boolean broken;
    private boolean lossTold;

    private ConnectionWatch(Channel connection, Http2Connection streams) {
        this.connection = connection;
        this.streams = streams;
    }

    /** The watch of a connection; put there by the first stream. */
    static ConnectionWatch over(Channel connection) {
        ChannelPipeline pipeline = connection.pipeline();
        ConnectionWatch watch = (ConnectionWatch) pipeline.get(NAME);
        if (watch == null) {
            Http2FrameCodec codec = pipeline.get(Http2FrameCodec.class);
            // Closing means closing. Netty would wait half a minute for the streams that are open.
            codec.gracefulShutdownTimeoutMillis(0);
            watch = new ConnectionWatch(connection, codec.connection());
            pipeline.addAfter(NettyPipeline.H2MultiplexHandler, NAME, watch);
            pipeline.addBefore(NettyPipeline.HttpCodec, LIVENESS, LivenessCheck.of(connection, codec.connection()));
            // Reactor Netty has no option for it and reads nothing that is pushed, which would use up the window. Goes
            // out
            // with the first request.
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

    /** A stream has ended. */
    void streamEnded() {
        closeIfLeft();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        boolean leaving = msg instanceof Http2GoAwayFrame;
        ctx.fireChannelRead(msg);
        if (leaving) {
            // Later: the codec takes note of the frame, and ends the streams it is about, once it has been passed on.
            ctx.executor().execute(this::closeIfLeft);
        }
    }

    private void closeIfLeft() {
        if (streams.goAwayReceived() && streams.numActiveStreams() == 0) {
            connection.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception) {
            // The codec closes the connection. Not passed on: it would be logged, and may quote what the server sent.
            broken = true;
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }
}
