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

/**
 * Stands between the HTTP codec and the socket. It counts the connection, and hands the bytes of an answer over HTTP/1.1 to
 * their {@link ByteShape} once they are flushed. The bytes of HTTP/2 it lets pass: there, each stream has a wire of its own.
 *
 * <p>The server above answers the requests of one connection one after the other, and each answer is written with one flush;
 * so what is written between {@link #expect} and the next flush is that answer.
 */
final class ConnectionWire extends ChannelDuplexHandler implements Wire {

    private static final String NAME = "closecrm.wire";

    /** The answer that comes next. */
    private record Expected(ByteShape shape, int status) {}

    private final Ledger ledger;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private List<ChannelPromise> promises = new ArrayList<>();
    private @Nullable Exchange present;
    private @Nullable Expected expected;
    private boolean written;

    ConnectionWire(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Puts a wire into a new connection, beneath everything that knows HTTP. */
    static void layInto(Channel channel, String lowestHandler, Ledger ledger) {
        channel.pipeline().addBefore(lowestHandler, NAME, new ConnectionWire(ledger));
    }

    /** Where a close waits for nothing, and bytes need not be HTTP. */
    static @Nullable ChannelHandlerContext beneathCodec(Channel connection) {
        return connection.pipeline().context(NAME);
    }

    /** Closes a connection from any thread. Above the codec, a close over HTTP/2 would wait for the streams. */
    static void hangUp(Channel connection) {
        ChannelHandlerContext beneathCodec = beneathCodec(connection);
        // A connection that has just ended has no handlers any more.
        if (beneathCodec != null) {
            beneathCodec.close();
        }
    }

    static ConnectionWire of(Channel channel) {
        return (ConnectionWire) channel.pipeline().get(NAME);
    }

    @Override
    public void begin(Exchange exchange) {
        endPresent();
        present = exchange;
    }

    @Override
    public void expect(Shape shape, int status) {
        expected = new Expected(shape.bytes(), status);
        written = false;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ledger.connected();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        endPresent();
        super.channelInactive(ctx);
    }

    /** The last event of a channel, and one that comes in any case. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ledger.disconnected();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        written = true;
        if (expected == null || expected.shape().equals(ByteShape.PLAIN) || !(message instanceof ByteBuf buffer)) {
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
        if (answer.shape().equals(ByteShape.PLAIN)) {
            exchange.answered(answer.status());
            ctx.flush();
        } else {
            ByteOutlet outlet = new ByteOutlet(ctx, promises, exchange, answer.status());
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
