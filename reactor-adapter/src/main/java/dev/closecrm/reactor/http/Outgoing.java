package dev.closecrm.reactor.http;

import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ReactorNetty;
import reactor.util.context.ContextView;

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
        ContextView context = ReactorNetty.getChannelContext(channel);
        Outgoing outgoing = context == null ? null : context.getOrDefault(Outgoing.class, null);
        if (outgoing != null) {
            outgoing.reached = phase;
        }
    }

    /** The error of an exchange that has used up its time. */
    TimeoutException outOfTime(Duration limit) {
        return new OutOfTime(reached, limit);
    }

    /** Says where the time went, if no request has begun. */
    static final class OutOfTime extends TimeoutException {
        private static final long serialVersionUID = 1L;

        private final Phase phase;

        OutOfTime(Phase phase, Duration limit) {
            super("not done within " + limit);
            this.phase = phase;
        }

        Phase phase() {
            return phase;
        }
    }
}
