package dev.closecrm.sandbox;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Stands between the HTTP codec and the socket. It counts the connection, knows which exchange is under way on it, collects
 * the bytes of an answer that is to be shaped, and hands them to the {@link Shape} once they are flushed. Runs on the
 * connection's event loop only.
 *
 * <p>The server above answers the requests of one connection one after the other, and each answer is written with one flush;
 * so what is written between {@link #expect} and the next flush is that answer.
 */
final class Wire extends ChannelDuplexHandler {

    private static final String NAME = "closecrm.wire";

    /** The answer that comes next. */
    private record Expected(Shape shape, int status) {}

    private final Ledger ledger;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private List<ChannelPromise> promises = new ArrayList<>();
    private @Nullable Exchange present;
    private @Nullable Expected expected;
    private boolean written;

    Wire(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Puts a wire beneath the codec of a new connection. */
    static void layInto(Channel channel, Ledger ledger) {
        channel.pipeline().addBefore(NettyPipeline.HttpCodec, NAME, new Wire(ledger));
    }

    static Wire of(Channel channel) {
        return (Wire) channel.pipeline().get(NAME);
    }

    /** A request has come in. What was before it ends here, should a client not have waited for its answer. */
    void begin(Exchange exchange) {
        endPresent();
        present = exchange;
    }

    /** The answer to the present exchange is about to be written. */
    void expect(Shape shape, int status) {
        expected = new Expected(shape, status);
        written = false;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        ledger.connected();
        super.channelActive(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        endPresent();
        ledger.disconnected();
        super.channelInactive(ctx);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        written = true;
        if (expected == null || expected.shape().equals(Shape.PLAIN) || !(message instanceof ByteBuf buffer)) {
            ctx.write(message, promise);
            return;
        }
        byte[] copy = new byte[buffer.readableBytes()];
        buffer.readBytes(copy).release();
        bytes.writeBytes(copy);
        promises.add(promise);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        Expected answer = expected;
        Exchange exchange = present;
        // The server also flushes when there is nothing to flush.
        if (answer == null || exchange == null || !written) {
            ctx.flush();
            return;
        }
        expected = null;
        if (answer.shape().equals(Shape.PLAIN)) {
            exchange.answered(answer.status());
            ctx.flush();
        } else {
            Outlet outlet = new Outlet(ctx, promises, exchange, answer.status());
            byte[] all = bytes.toByteArray();
            promises = new ArrayList<>();
            bytes.reset();
            answer.shape().write(outlet, all);
        }
    }

    private void endPresent() {
        if (present != null) {
            present.ended();
        }
    }
}
