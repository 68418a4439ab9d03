package dev.closecrm.reactor.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;

/**
 * Makes sure that an answer belongs to its request. One guard stands in each connection, between the HTTP codec and Reactor
 * Netty, for as long as the connection lives. Over HTTP/2 it stands in each stream, which is a channel of its own for one
 * exchange; to close is then to reset the stream, and the connection and its other streams go on.
 *
 * <p>Why: Reactor Netty takes any interim answer but 100 for <i>the</i> answer (seen with 1.3.8: 103). The real one then
 * arrives for the next request on the connection, and a contact that does not exist is reported deleted. The same happens
 * without any 1xx when a server answers twice in one segment while somebody waits for the connection.
 *
 * <p>What it does, as states of the connection:
 *
 * <pre>
 *   IDLE ──request──► ASKED ──final head──► ANSWERING ──end of body──► ANSWERED ──nothing more to read──► IDLE
 *                     │  ▲
 *                     └──┘ interim answer, swallowed with its end
 * </pre>
 *
 * The end of the body is held back until everything that had arrived with it has been read. What arrives in IDLE or ANSWERED
 * belongs to nobody: the connection is closed, and the answer that came first counts. Everything runs on the connection's
 * event loop, so there is no race.
 *
 * <p>What it cannot tell: a second answer of which no byte was read before the next request was written looks just like that
 * request's own.
 */
final class ResponseGuard extends ChannelDuplexHandler {

    /** No honest server sends so many before one answer; without a limit it could hold the call for ever. */
    private static final int MAX_INTERIM_ANSWERS = 100;

    private static final String NAME = "closecrm.responseGuard";

    private enum State {
        IDLE,
        ASKED,
        ANSWERING,
        ANSWERED,
        DOOMED
    }

    private State state = State.IDLE;
    private @Nullable ExchangeTrace trace;
    private @Nullable LastHttpContent heldEnd;
    private boolean insideInterim;
    private int interimAnswers;
    private boolean swallowed;

    /** Null on a stream of HTTP/2. */
    private final @Nullable WatchedCodec codec;
    /** Null on a connection of HTTP/1.1. */
    private final @Nullable ConnectionWatch watch;

    private ResponseGuard(@Nullable WatchedCodec codec, @Nullable ConnectionWatch watch) {
        this.codec = codec;
        this.watch = watch;
    }

    /**
     * Announces a request on a connection, before it is written.
     *
     * @throws IllegalStateException if an earlier exchange on this connection is not over; the request must not be written
     */
    static void announce(Connection connection, ExchangeTrace trace) {
        trace.connectionTaken();
        Channel channel = connection.channel();
        ResponseGuard guard = (ResponseGuard) channel.pipeline().get(NAME);
        if (guard == null) {
            guard = channel instanceof Http2StreamChannel ? onStream(channel) : onConnection(channel.pipeline());
            channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, NAME, guard);
        }
        guard.expectRequest(connection, trace);
    }

    private static ResponseGuard onConnection(ChannelPipeline pipeline) {
        WatchedCodec codec = new WatchedCodec();
        pipeline.replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, codec);
        return new ResponseGuard(codec, null);
    }

    private static ResponseGuard onStream(Channel stream) {
        return new ResponseGuard(null, ConnectionWatch.over(stream.parent()));
    }

    private void expectRequest(Connection connection, ExchangeTrace next) {
        if (state != State.IDLE) {
            connection.markPersistent(false);
            connection.dispose();
            throw new IllegalStateException("the connection is not ready for another request");
        }
        trace = next;
        interimAnswers = 0;
        state = State.ASKED;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        ExchangeTrace current = trace;
        if (msg instanceof HttpRequest && current != null) {
            if (!current.requestMayBegin()) {
                ReferenceCountUtil.release(msg);
                doom(ctx);
                promise.tryFailure(new ClosedChannelException());
                ctx.close();
                return;
            }
            ChannelPromise watched = promise.unvoid();
            watched.addListener(written -> {
                if (written.isSuccess()) {
                    current.requestWritten();
                } else if (!writesBeforeItSaysSo(ctx)) {
                    current.requestCutOff();
                }
            });
            ctx.write(msg, watched);
        } else {
            ctx.write(msg, promise);
        }
    }

    /** io_uring hands the bytes to the kernel first and learns later; a write that failed there may have left all the same. */
    private static boolean writesBeforeItSaysSo(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        Channel connection = channel.parent() == null ? channel : channel.parent();
        return connection.getClass().getName().contains("uring");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof HttpObject part)) {
            ctx.fireChannelRead(msg);
        } else if (state == State.IDLE) {
            ReferenceCountUtil.release(msg);
            doom(ctx);
            close(ctx);
        } else if (state == State.ANSWERED || state == State.DOOMED) {
            ReferenceCountUtil.release(msg);
            doom(ctx);
        } else if (part.decoderResult().isFailure()) {
            malformed(ctx);
            ctx.fireChannelRead(msg);
            close(ctx);
        } else if (part instanceof HttpResponse response) {
            head(ctx, response);
        } else if (insideInterim) {
            insideInterim = !(part instanceof LastHttpContent);
            swallow(part);
        } else if (part instanceof LastHttpContent end && codec != null) {
            heldEnd = end;
            state = State.ANSWERED;
        } else if (part instanceof LastHttpContent) {
            // Nothing can follow on a stream.
            finish();
            ctx.fireChannelRead(part);
        } else {
            ctx.fireChannelRead(part);
        }
    }

    private void head(ChannelHandlerContext ctx, HttpResponse response) {
        if (state == State.ANSWERING) {
            // A head inside a body: the codec never does this, so whatever it is, it is not ours.
            refuse(ctx, response, "the server sent a second answer inside the first");
        } else if (response.status().code() == 101) {
            // Nobody asked for another protocol; what follows is not HTTP.
            refuse(ctx, response, "the server answered 101, a change of protocol nobody asked for");
        } else if (interim(response) && ++interimAnswers > MAX_INTERIM_ANSWERS) {
            refuse(ctx, response, "the server sent more than " + MAX_INTERIM_ANSWERS + " interim answers");
        } else if (interim(response)) {
            insideInterim = !(response instanceof LastHttpContent);
            swallow(response);
        } else if (response instanceof LastHttpContent) {
            // An answer without a body, on a stream of HTTP/2.
            finish();
            ctx.fireChannelRead(response);
        } else {
            state = State.ANSWERING;
            ctx.fireChannelRead(response);
        }
    }

    private static boolean interim(HttpResponse response) {
        return response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private void refuse(ChannelHandlerContext ctx, HttpResponse response, String why) {
        ReferenceCountUtil.release(response);
        malformed(ctx);
        ctx.fireExceptionCaught(new BrokenProtocolException(why));
        close(ctx);
    }

    private void swallow(HttpObject part) {
        ReferenceCountUtil.release(part);
        swallowed = true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        deliverHeldEnd(ctx);
        if (swallowed) {
            swallowed = false;
            // Reactor Netty reads on request, and it has not seen what was swallowed.
            ctx.read();
        }
        ctx.fireChannelReadComplete();
    }

    /**
     * What HTTP/2 says of the stream. Two things promise that the request was not looked at: a reset with this very code, and a
     * server that goes away and names a last stream before ours (RFC 9113, 8.7). They are believed as long as nothing has
     * come back: whoever answered, if only in the interim, has looked.
     */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (saysNotLookedAt(ctx, event) && trace != null && state == State.ASKED && interimAnswers == 0) {
            trace.requestRefused();
        }
        ctx.fireUserEventTriggered(event);
    }

    private static boolean saysNotLookedAt(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2GoAwayFrame goAway && ctx.channel() instanceof Http2StreamChannel stream) {
            return goAway.lastStreamId() < stream.stream().id();
        }
        return event instanceof Http2ResetFrame reset && reset.errorCode() == Http2Error.REFUSED_STREAM.code();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception || cause.getCause() instanceof Http2Exception) {
            // The codec found fault with a frame of this stream.
            malformed(ctx);
            reset(ctx);
        }
        ctx.fireExceptionCaught(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        deliverHeldEnd(ctx);
        if (watch != null && trace != null) {
            if (watch.broken()) {
                trace.answerMalformed();
            }
            if (watch.lostBefore()) {
                trace.lostWithOthers();
            }
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ReferenceCountUtil.release(heldEnd);
        heldEnd = null;
    }

    private void deliverHeldEnd(ChannelHandlerContext ctx) {
        LastHttpContent end = heldEnd;
        if (end == null) {
            return;
        }
        heldEnd = null;
        if (codec != null && codec.holdsBeginning()) {
            // The beginning of something nobody asked for; its rest would be taken for the next answer.
            doom(ctx);
        }
        if (state == State.DOOMED) {
            ctx.fireChannelRead(end);
            ctx.close();
        } else {
            // Before the end is passed on: that may hand the connection to the next caller at once.
            finish();
            ctx.fireChannelRead(end);
        }
    }

    private void finish() {
        state = State.IDLE;
        trace = null;
    }

    private void malformed(ChannelHandlerContext ctx) {
        if (trace != null) {
            trace.answerMalformed();
        }
        doom(ctx);
    }

    /** No other request may use this connection: from now on, since closing it takes a moment over TLS. */
    private void doom(ChannelHandlerContext ctx) {
        state = State.DOOMED;
        Connection.from(ctx.channel()).markPersistent(false);
    }

    private void close(ChannelHandlerContext ctx) {
        reset(ctx);
        ctx.close();
    }

    /** Says why a stream is closed. Without it Netty would say that we have changed our mind. */
    private void reset(ChannelHandlerContext ctx) {
        if (codec == null) {
            ctx.write(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR));
        }
    }

    /** The server did what HTTP does not allow; the text is ours. */
    static final class BrokenProtocolException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String why;

        BrokenProtocolException(String why) {
            super(why);
            this.why = why;
        }

        String why() {
            return why;
        }
    }
}
