package dev.closecrm.reactor.http;

/** Lets tests of other packages count a client's connections. */
public final class OpenConnections {

    private OpenConnections() {}

    public static int of(NettyTransport transport) {
        return transport.openConnections();
    }
}
