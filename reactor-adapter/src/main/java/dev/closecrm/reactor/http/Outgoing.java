package dev.closecrm.reactor.http;

import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;

/** What a request needs at the moment it is written; travels in the Reactor context of its exchange. */
final class Outgoing {

    private final String authorization;
    private final ExchangeTrace trace = new ExchangeTrace();
    private volatile @Nullable EventLoop loop;

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
}
