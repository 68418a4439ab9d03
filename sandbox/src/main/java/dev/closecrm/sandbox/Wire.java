package dev.closecrm.sandbox;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the HTTP codec and the socket. It counts the connection, collects the bytes of an answer that is to be
 * shaped, and hands them to the {@link Shape} once they are flushed. Runs on the connection's event loop only.
 *
 * <p>The server above answers the requests of one connection one after the other, and each answer is written with one flush;
 * so what is written between {@link #expect} and the next flush is that answer.
 */
final class Wire extends ChannelDuplexHandler {

    /** The answer that comes next. */
    private record Expected(Shape shape, Exchange exchange, int status) {}

    private final Ledger ledger;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private List<ChannelPromise> promises = new ArrayList<>();
    private @Nullable Expected expected;

    Wire(Ledger ledger) {
        this.ledger = ledger;
    }

    void expect(Shape shape, Exchange exchange, int status) {
        expected = new Expected(shape, exchange, status);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        ledger.connected();
        super.channelActive(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        ledger.disconnected();
        super.channelInactive(ctx);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (expected == null || expected.shape() == Shape.PLAIN || !(message instanceof ByteBuf buffer)) {
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
        expected = null;
        if (answer == null) {
            ctx.flush();
        } else if (answer.shape() == Shape.PLAIN) {
            answer.exchange().answered(answer.status());
            ctx.flush();
        } else {
            Outlet outlet = new Outlet(ctx, promises, answer.exchange(), answer.status());
            byte[] all = bytes.toByteArray();
            promises = new ArrayList<>();
            bytes.reset();
            answer.shape().write(outlet, all);
        }
    }
}
