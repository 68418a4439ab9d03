package dev.closecrm.sandbox;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One connection over HTTP/2 in cleartext, frame by frame, for what an HTTP client hides. What arrives is written down in
 * words, such as {@code 3 HEADERS 200}, {@code 3 DATA {}}, {@code 3 END}, {@code 3 RST INTERNAL_ERROR}, {@code GOAWAY 3},
 * {@code ERROR FRAME_SIZE_ERROR} and {@code CLOSED}. The first stream has the number 3. Waits give up after ten seconds.
 */
final class RawHttp2 implements AutoCloseable {

    private final CloseCrmSandbox sandbox;
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final AtomicLong bytesRead = new AtomicLong();
    private final Channel channel;

    RawHttp2(CloseCrmSandbox sandbox) {
        this(sandbox, Http2Settings.defaultSettings());
    }

    RawHttp2(CloseCrmSandbox sandbox, Http2Settings settings) {
        this.sandbox = sandbox;
        this.channel = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection
                                .pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient()
                                                .initialSettings(settings)
                                                .build(),
                                        new Http2MultiplexHandler(new Ear()),
                                        new Ear());
                    }
                })
                .connect(InetAddress.getLoopbackAddress(), sandbox.port())
                .syncUninterruptibly()
                .channel();
    }

    /** Sends a request and returns its stream. */
    Channel delete(String id) {
        return send(id, open());
    }

    /** Sends several requests in one write, and returns the stream of the first. */
    Channel deleteAtOnce(String... ids) {
        List<Channel> streams = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            streams.add(open());
        }
        channel.eventLoop()
                .submit(() -> {
                    for (int i = 0; i < ids.length; i++) {
                        streams.get(i).write(request(ids[i]));
                    }
                    channel.flush();
                })
                .syncUninterruptibly();
        return streams.get(0);
    }

    /** Takes a request back. */
    static void cancel(Channel stream) {
        stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL)).syncUninterruptibly();
    }

    /** The next event, whichever it is. */
    String next() throws InterruptedException {
        String next = heard.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing came within ten seconds");
        }
        return next;
    }

    /** Everything up to and with this event. */
    List<String> until(String last) throws InterruptedException {
        List<String> all = new ArrayList<>();
        while (all.isEmpty() || !all.get(all.size() - 1).equals(last)) {
            String next = heard.poll(10, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("no " + last + " within ten seconds, but " + all);
            }
            all.add(next);
        }
        return all;
    }

    /** The bytes of all bodies until now. */
    long bytesRead() {
        return bytesRead.get();
    }

    /** Closes the socket, without any frame, before the end of the block. */
    void hangUp() {
        // Not by the channel, which would close its streams in order and say goodbye.
        channel.eventLoop()
                .submit(() -> channel.unsafe().close(channel.voidPromise()))
                .syncUninterruptibly();
    }

    @Override
    public void close() {
        hangUp();
        loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private Channel open() {
        return new Http2StreamChannelBootstrap(channel)
                .handler(new Ear())
                .open()
                .syncUninterruptibly()
                .getNow();
    }

    private Channel send(String id, Channel stream) {
        stream.writeAndFlush(request(id)).syncUninterruptibly();
        return stream;
    }

    private DefaultHttp2HeadersFrame request(String id) {
        Http2Headers headers = new DefaultHttp2Headers()
                .method("DELETE")
                .scheme("http")
                .authority("localhost")
                .path("/api/v1/contact/" + id + "/")
                .set("authorization", Http.basic(sandbox.apiKey()));
        return new DefaultHttp2HeadersFrame(headers, true);
    }

    @Sharable
    private final class Ear extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            try {
                if (frame instanceof Http2HeadersFrame headers) {
                    Http2Headers head = headers.headers();
                    String text = "HEADERS " + head.status()
                            + (head.contains("content-length") ? " length " + head.get("content-length") : "")
                            + (head.contains("retry-after") ? " retry after " + head.get("retry-after") : "");
                    say(headers.stream(), text, headers.isEndStream());
                } else if (frame instanceof Http2DataFrame data) {
                    int bytes = data.content().readableBytes();
                    bytesRead.addAndGet(bytes);
                    String text =
                            bytes > 200 ? bytes + " bytes" : data.content().toString(StandardCharsets.UTF_8);
                    say(data.stream(), "DATA " + text, data.isEndStream());
                } else if (frame instanceof Http2GoAwayFrame goAway && !(ctx.channel() instanceof Http2StreamChannel)) {
                    heard.add("GOAWAY " + goAway.lastStreamId());
                }
            } finally {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof Http2ResetFrame reset) {
                say(reset.stream(), "RST " + Http2Error.valueOf(reset.errorCode()), false);
            }
            ReferenceCountUtil.release(event);
        }

        private void say(Http2FrameStream stream, String what, boolean end) {
            heard.add(stream.id() + " " + what);
            if (end) {
                heard.add(stream.id() + " END");
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (!(ctx.channel() instanceof Http2StreamChannel)) {
                heard.add("CLOSED");
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            heard.add("ERROR " + (cause instanceof Http2Exception broken ? broken.error() : cause));
        }
    }
}
