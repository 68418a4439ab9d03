package dev.closecrm.reactor;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A server of HTTP/2 that answers with exactly the frames a test wants, over plain TCP (prior knowledge) or TLS (ALPN). It hands
 * each request to the test's script, on the event loop of the server, so a script must not wait; it may keep the {@link Wire}
 * and go on later from any thread.
 */
public final class FrameServer implements AutoCloseable {

    /** What to do about a request. */
    @FunctionalInterface
    public interface Script {
        void answer(Request request, Wire wire) throws Exception;
    }

    /**
     * A request as it came.
     *
     * @param number counted over all connections, from 0
     * @param connection counted from 1
     */
    public record Request(int number, int connection, int stream, Http2Headers headers) {

        public String contactId() {
            String[] parts = headers.path().toString().split("/", -1);
            return parts[parts.length - 2]; // the path ends with a slash
        }
    }

    /** A stream that the client reset. */
    public record Reset(int connection, int stream, long errorCode) {}

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Reset> resets = new LinkedBlockingQueue<>();
    private final Queue<Http2Settings> settings = new ConcurrentLinkedQueue<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger pings = new AtomicInteger();
    private final boolean secure;
    private final Channel listener;

    private FrameServer(@Nullable SslContext tls, Http2Settings own, Script script) {
        this(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls, own, script);
    }

    private FrameServer(InetSocketAddress at, @Nullable SslContext tls, Http2Settings own, Script script) {
        this.secure = tls != null;
        this.listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        int number = connections.incrementAndGet();
                        channel.closeFuture().addListener(done -> closed.incrementAndGet());
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                                .initialSettings(own)
                                .validateHeaders(false)
                                .encoderIgnoreMaxHeaderListSize(true)
                                .gracefulShutdownTimeoutMillis(0)
                                .build();
                        channel.pipeline().addLast(codec, new Conversation(number, codec, script));
                    }
                })
                .bind(at)
                .syncUninterruptibly()
                .channel();
    }

    /** Over plain TCP; the client has to know that this is HTTP/2. */
    public static FrameServer plain(Script script) {
        return plain(Http2Settings.defaultSettings(), script);
    }

    public static FrameServer plain(Http2Settings settings, Script script) {
        return new FrameServer(null, settings, script);
    }

    /** At one of the many addresses that a loopback device has on Linux. */
    public static FrameServer plainAt(String address, int port, Script script) {
        return new FrameServer(new InetSocketAddress(address, port), null, Http2Settings.defaultSettings(), script);
    }

    /** Over TLS; offers nothing but HTTP/2. */
    public static FrameServer tls(Script script) throws Exception {
        return tls(Http2Settings.defaultSettings(), script);
    }

    public static FrameServer tls(Http2Settings settings, Script script) throws Exception {
        SslContext context = SslContextBuilder.forServer(RawServer.CERTIFICATE.toKeyManagerFactory())
                .sslProvider(SslProvider.JDK)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2))
                .build();
        return new FrameServer(context, settings, script);
    }

    /** Trusts the certificate of {@link #tls(Script)}. */
    public static TrustManagerFactory trust() {
        return RawServer.trust();
    }

    public URI baseUrl() {
        int port = ((InetSocketAddress) listener.localAddress()).getPort();
        return URI.create((secure ? "https" : "http") + "://localhost:" + port);
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** How many connections were ever opened. */
    public int connections() {
        return connections.get();
    }

    /** What each client said about itself when it connected. */
    public List<Http2Settings> clientSettings() {
        return List.copyOf(settings);
    }

    /** Waits until so many connections are closed. */
    public void awaitClosedConnections(int expected) {
        await(closed::get, expected, "closed connections");
    }

    /** Waits until so many requests have come. */
    public void awaitRequests(int expected) {
        await(requests::size, expected, "requests");
    }

    /** Waits until so many PING frames have come that ask for an answer. */
    public void awaitPings(int expected) {
        await(pings::get, expected, "pings");
    }

    private static void await(IntSupplier actual, int expected, String of) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (actual.getAsInt() < expected && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        if (actual.getAsInt() < expected) {
            throw new AssertionError(actual.getAsInt() + " " + of + ", not " + expected);
        }
    }

    /** Waits for the client to reset a stream. */
    public Reset awaitReset() throws InterruptedException {
        Reset reset = resets.poll(20, TimeUnit.SECONDS);
        if (reset == null) {
            throw new AssertionError("no stream was reset");
        }
        return reset;
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        // Past all handlers: the codec would say goodbye first, perhaps into a handshake that has failed.
        channels.forEach(channel -> {
            ChannelHandlerContext first = channel.pipeline().firstContext();
            if (first == null) {
                channel.close();
            } else {
                first.close();
            }
        });
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** One connection, as the codec tells of it. */
    private final class Conversation extends ChannelInboundHandlerAdapter {

        private final int connection;
        private final Http2FrameCodec codec;
        private final Script script;

        Conversation(int connection, Http2FrameCodec codec, Script script) {
            this.connection = connection;
            this.codec = codec;
            this.script = script;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
            try {
                if (msg instanceof Http2HeadersFrame head) {
                    Request request = new Request(
                            requests.size(), connection, head.stream().id(), head.headers());
                    requests.add(request);
                    script.answer(request, new Wire(ctx, codec, request.stream()));
                } else if (msg instanceof Http2ResetFrame reset) {
                    resets.add(new Reset(connection, reset.stream().id(), reset.errorCode()));
                } else if (msg instanceof Http2SettingsFrame frame) {
                    settings.add(frame.settings());
                } else if (msg instanceof Http2PingFrame ping && !ping.ack()) {
                    pings.incrementAndGet();
                }
            } finally {
                ReferenceCountUtil.release(msg);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // The client hung up, or the script made the codec stumble. What matters is what the client reports of it.
            ctx.close();
        }
    }

    /** One stream of a connection; what it writes is flushed at once. */
    public static final class Wire {

        private final ChannelHandlerContext ctx;
        private final Http2FrameCodec codec;
        private final int stream;

        private Wire(ChannelHandlerContext ctx, Http2FrameCodec codec, int stream) {
            this.ctx = ctx;
            this.codec = codec;
            this.stream = stream;
        }

        /** A head that is followed by something. */
        public Wire head(int status, String... more) {
            return head(false, status, more);
        }

        /** A whole answer of JSON, with more headers: a name, its value, and so on. */
        public Wire answer(int status, String json, String... more) {
            String[] headers = Arrays.copyOf(new String[] {"content-type", "application/json"}, more.length + 2);
            for (int i = 0; i < more.length; i++) {
                headers[i + 2] = i % 2 == 0 ? more[i].toLowerCase(Locale.ROOT) : more[i];
            }
            return head(status, headers).data(json, true);
        }

        /** The API's answer about a contact that exists if its id ends in a 1. */
        public Wire answerAbout(String contactId) {
            return contactId.endsWith("1") ? answer(200, "{}") : answer(404, "{\"error\": \"Not found\"}");
        }

        public Wire head(boolean end, int status, String... more) {
            Http2Headers headers = new DefaultHttp2Headers(false).status(Integer.toString(status));
            for (int i = 0; i < more.length; i += 2) {
                headers.add(more[i], more[i + 1]);
            }
            return write(encoder -> encoder.writeHeaders(codecContext(), stream, headers, 0, end, ctx.newPromise()));
        }

        public Wire data(String text, boolean end) {
            return data(text.getBytes(StandardCharsets.UTF_8), end);
        }

        public Wire data(byte[] bytes, boolean end) {
            return write(encoder ->
                    encoder.writeData(codecContext(), stream, Unpooled.wrappedBuffer(bytes), 0, end, ctx.newPromise()));
        }

        public Wire reset(Http2Error error) {
            return write(encoder -> encoder.writeRstStream(codecContext(), stream, error.code(), ctx.newPromise()));
        }

        /** Says goodbye to the connection, past the codec's own view of what the last stream was. */
        public Wire goAway(int lastStream) {
            return write(encoder -> encoder.frameWriter()
                    .writeGoAway(
                            codecContext(),
                            lastStream,
                            Http2Error.NO_ERROR.code(),
                            Unpooled.EMPTY_BUFFER,
                            ctx.newPromise()));
        }

        /** Bytes past the codec. */
        public Wire raw(byte[] bytes) {
            return write(encoder -> codecContext().writeAndFlush(Unpooled.wrappedBuffer(bytes)));
        }

        /** Ends this side of the connection, and goes on reading. */
        public void endOutput() {
            ctx.executor().execute(() -> ((DuplexChannel) ctx.channel()).shutdownOutput());
        }

        /** Cuts the connection with a reset. */
        public Future<?> resetConnection() {
            ctx.executor().execute(() -> {
                ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
                // Past the codec, which would say goodbye.
                ctx.channel().unsafe().close(ctx.channel().voidPromise());
            });
            return ctx.channel().closeFuture();
        }

        /** Cuts the connection without a goodbye. */
        public void closeConnection() {
            ctx.executor().execute(() -> codecContext().close());
        }

        /** Does something again and again until the connection is closed. */
        public void repeat(Duration interval, Runnable work) {
            var task = ctx.executor().scheduleAtFixedRate(work, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
            ctx.channel().closeFuture().addListener(closed -> task.cancel(false));
        }

        /** Takes no notice of the connection any more, as if the line were cut. */
        public void fallSilent() {
            ctx.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext first, Object msg) {
                    ReferenceCountUtil.release(msg);
                }
            });
        }

        private ChannelHandlerContext codecContext() {
            return ctx.pipeline().context(codec);
        }

        private Wire write(java.util.function.Consumer<Http2ConnectionEncoder> work) {
            if (ctx.executor().inEventLoop()) {
                work.accept(codec.encoder());
                ctx.flush();
            } else {
                ctx.executor().execute(() -> write(work));
            }
            return this;
        }
    }
}
