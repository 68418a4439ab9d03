package dev.closecrm.sandbox;

import java.net.InetAddress;
import java.net.URI;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

/**
 * What is spoken on the port.
 *
 * @param http2 whether HTTP/2 is, beside HTTP/1.1
 * @param keys the server's certificate, or null for cleartext
 */
record Protocols(boolean http2, @Nullable KeyManagerFactory keys) {

    /** How many streams a client may have open on one connection, as many as servers commonly allow. */
    static final int MAX_CONCURRENT_STREAMS = 100;

    /** What Netty takes for no limit. */
    private static final int UNLIMITED = 0;

    HttpServer configure(HttpServer server) {
        HttpServer speaking = http2 ? withHttp2(server) : server.protocol(HttpProtocol.HTTP11);
        if (keys == null) {
            return speaking;
        }
        GenericSslContextSpec<?> context =
                http2 ? Http2SslContextSpec.forServer(keys) : Http11SslContextSpec.forServer(keys);
        return speaking.secure(spec -> spec.sslContext(context));
    }

    /** The lowest handler that a new connection has above the bytes of HTTP, before it is known what the client speaks. */
    String lowestHandler() {
        if (!http2) {
            return NettyPipeline.HttpCodec;
        }
        return keys == null ? NettyPipeline.H2CUpgradeHandler : NettyPipeline.H2OrHttp11Codec;
    }

    /** By name where there is a certificate, which is rarely made out to an address. */
    URI baseUrl(int port) {
        return URI.create(
                keys == null
                        ? "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port
                        : "https://localhost:" + port);
    }

    private HttpServer withHttp2(HttpServer server) {
        // Netty closes a connection after 200 resets within 30 seconds, whichever side they come from. Tests may want
        // more.
        return server.protocol(keys == null ? HttpProtocol.H2C : HttpProtocol.H2, HttpProtocol.HTTP11)
                .http2Settings(settings -> settings.maxConcurrentStreams(MAX_CONCURRENT_STREAMS)
                        .maxDecodedRstFramesPerWindow(UNLIMITED, UNLIMITED)
                        .maxEncodedRstFramesPerWindow(UNLIMITED, UNLIMITED));
    }
}
