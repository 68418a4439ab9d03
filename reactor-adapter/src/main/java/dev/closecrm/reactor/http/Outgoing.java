package dev.closecrm.reactor.http;

import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/** What a request needs at the moment it is written; travels in the Reactor context of its exchange. */
final class Outgoing {

    private final String authorization;
    private final ExchangeTrace trace = new ExchangeTrace();
    private volatile @Nullable EventLoop loop;
    private volatile Phase reached = Phase.CONNECT;

    Outgoing(String authorization) {
        this.authorization = authorization;
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
        // Not the context of the channel, which is lost when the second address of a host is tried.
        Outgoing outgoing = Connection.from(channel) instanceof ConnectionObserver opened
                ? opened.currentContext().getOrDefault(Outgoing.class, null)
                : null;
        if (outgoing != null) {
            outgoing.reached = phase;
        }
    }

    /** How far the connection got that was opened for this exchange; as long as none was, what it would begin with. */
    Phase reached() {
        return reached;
    }
}
