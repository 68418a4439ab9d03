package dev.closecrm.reactor.http;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.Protocol;
import reactor.netty.http.Http2SettingsSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.Http2AllocationStrategy;

/** What is said to Reactor Netty about HTTP/2. The reasons are in {@code docs/decisions/http2.md}. */
final class Http2Setup {

    /** The whole of a header section, as for HTTP/1.1. */
    private static final long MAX_HEADER_LIST_BYTES = 16 * 1024;

    /** What a stream may have sent before any of it is read: about as much as a body may have. */
    private static final int WINDOW_BYTES = 64 * 1024 - 1;

    private Http2Setup() {}

    static HttpProtocol[] protocols(ConnectionOptions options, boolean secure) {
        if (options.protocol() == Protocol.HTTP_1_1) {
            return new HttpProtocol[] {HttpProtocol.HTTP11};
        }
        return secure
                ? new HttpProtocol[] {HttpProtocol.H2, HttpProtocol.HTTP11}
                : new HttpProtocol[] {HttpProtocol.H2C};
    }

    static void settings(Http2SettingsSpec.Builder settings) {
        settings.maxHeaderListSize(MAX_HEADER_LIST_BYTES).initialWindowSize(WINDOW_BYTES);
    }

    /**
     * As few connections as will do: another one is opened only when those there are have as many streams as the server allows.
     * There may be as many as there are calls in flight, so that a server that allows one stream serves all of them.
     */
    static Http2AllocationStrategy connections(ConnectionOptions options) {
        return Http2AllocationStrategy.builder()
                .maxConnections(options.maxConnections())
                .strictConnectionReuse(true)
                .build();
    }
}
