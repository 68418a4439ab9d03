package dev.closecrm.sandbox;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Stands between the HTTP codec and the frames of one stream of HTTP/2, from the moment its request has arrived, and hands
 * the frames of the answer to their {@link FrameShape}. A stream has one exchange, and ends with it.
 */
final class StreamWire extends ChannelDuplexHandler implements Wire {

    private static final String NAME = "closecrm.streamwire";

    private final Http2StreamChannel stream;
    private final List<ChannelPromise> promises = new ArrayList<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private Http2Headers head = new DefaultHttp2Headers();
    private @Nullable Exchange exchange;
    private @Nullable FrameShape shape;
    private int status;

    private StreamWire(Http2StreamChannel stream) {
        this.stream = stream;
    }

    /** There is no hook for new streams, so the wire is laid when it is first asked for. */
    static StreamWire of(Http2StreamChannel stream) {
        StreamWire present = (StreamWire) stream.pipeline().get(NAME);
        if (present != null) {
            return present;
        }
        StreamWire wire = new StreamWire(stream);
        stream.pipeline().addBefore(NettyPipeline.H2ToHttp11Codec, NAME, wire);
        return wire;
    }

    @Override
    public void begin(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public void expect(Shape shape, int status) {
        this.shape = shape.frames();
        this.status = status;
    }

    /** Also what follows a RST_STREAM from the client, and the end of the connection. */
    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (exchange != null) {
            exchange.ended();
        }
        super.channelInactive(ctx);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        FrameShape expected = shape;
        Exchange present = exchange;
        if (expected == null || present == null) {
            ctx.write(message, promise);
        } else if (expected.equals(FrameShape.PLAIN)) {
            if (endsStream(message)) {
                present.answered(status);
            }
            ctx.write(message, promise);
        } else {
            promises.add(promise);
            collect(message);
            if (endsStream(message)) {
                shape = null;
                expected.write(new FrameOutlet(ctx, stream, promises, present, status), head, body.toByteArray());
            }
        }
    }

    private void collect(Object message) {
        if (message instanceof Http2HeadersFrame headers && headers.headers().status() != null) {
            head = headers.headers();
        } else if (message instanceof Http2DataFrame data) {
            ByteBuf content = data.content();
            byte[] copy = new byte[content.readableBytes()];
            content.readBytes(copy);
            data.release();
            body.writeBytes(copy);
        }
    }

    private static boolean endsStream(Object message) {
        return (message instanceof Http2DataFrame data && data.isEndStream())
                || (message instanceof Http2HeadersFrame headers && headers.isEndStream());
    }
}
