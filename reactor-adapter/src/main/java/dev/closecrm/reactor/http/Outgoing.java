package dev.closecrm.reactor.http;

import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/** What a request needs at the moment it is written; travels in the Reactor context of its exchange. */
final class Outgoing {

    private static final AtomicReferenceFieldUpdater<Outgoing, Phase> REACHED =
            AtomicReferenceFieldUpdater.newUpdater(Outgoing.class, Phase.class, "reached");

    private final String authorization;
    private final ExchangeTrace trace = new ExchangeTrace();
    private volatile @Nullable EventLoop loop;
    private final AtomicReference<Phase> newest;
    private volatile @Nullable Phase reached;

    /**
     * What one exchange needs.
     *
     * @param newest how far the connection got that was the last to be opened, for whichever exchange
     */
    Outgoing(String authorization, AtomicReference<Phase> newest) {
        this.authorization = authorization;
        this.newest = newest;
    }

    /** The request is about to be written on this connection. */
    void over(Connection connection) {
        loop = connection.channel().eventLoop();
        ResponseGuard.announce(connection, trace);
    }

    String authorization() {
        return authorization;
    }

    ExchangeTrace trace() {
        return trace;
    }

    /** The event loop of the connection, or null as long as there is none. */
    @Nullable EventLoop loop() {
        return loop;
    }

    /** Notes how far the connection got that is being opened for an exchange. */
    static void reached(Channel channel, Phase phase) {
        Outgoing outgoing = of(channel);
        if (outgoing != null) {
            outgoing.reached = phase;
            outgoing.newest.set(phase);
        }
    }

    /**
     * Notes that the addresses are known. This is told on another thread than what comes next, so that the connection may be
     * further by then.
     */
    static void resolved(Channel channel) {
        Outgoing outgoing = of(channel);
        if (outgoing != null && REACHED.compareAndSet(outgoing, Phase.DNS, Phase.CONNECT)) {
            outgoing.newest.compareAndSet(Phase.DNS, Phase.CONNECT);
        }
    }

    private static @Nullable Outgoing of(Channel channel) {
        // Not the context of the channel, which is lost when the second address of a host is tried.
        return Connection.from(channel) instanceof ConnectionObserver opened
                ? opened.currentContext().getOrDefault(Outgoing.class, null)
                : null;
    }

    /**
     * How far the connection got that was opened for this exchange. Over HTTP/2 one connection is opened for all that need it;
     * whoever waits for it while another exchange has it opened is as far as that one.
     */
    Phase reached() {
        Phase own = reached;
        return own == null ? newest.get() : own;
    }
}
