package dev.closecrm.reactor.http;

import dev.closecrm.core.engine.request.ApiEndpoint;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.resources.ConnectionProvider;

/**
 * What a user set on Reactor Netty's client, with the teeth drawn. {@link NettyTransport} sets its own after it: protocol, pool,
 * time-outs, TLS; no redirects, no hidden retry, no compression, no wiretap. Here is what it takes beyond that.
 */
final class UserSettings {

    /** Each of them changes where a request goes, where it ends, what may come back, or whose connection it is. */
    private static final List<CharSequence> OURS = List.of(
            HttpHeaderNames.CONTENT_LENGTH,
            HttpHeaderNames.TRANSFER_ENCODING,
            HttpHeaderNames.CONNECTION,
            "keep-alive",
            HttpHeaderNames.TE,
            HttpHeaderNames.TRAILER,
            HttpHeaderNames.UPGRADE,
            HttpHeaderNames.EXPECT,
            HttpHeaderNames.ACCEPT_ENCODING);

    private UserSettings() {}

    /**
     * Lets the user set what they want.
     *
     * @throws IllegalArgumentException if another client comes back
     */
    static HttpClient applied(UnaryOperator<HttpClient> custom, HttpClient base, ConnectionProvider pool) {
        HttpClient changed = Objects.requireNonNull(custom.apply(base), "httpClient(…) returned null");
        if (!pool.equals(changed.configuration().connectionProvider())) {
            throw new IllegalArgumentException(
                    "httpClient(…) must return the client it was given, with settings changed;"
                            + " the connection pool is the library's own, see ConnectionOptions");
        }
        return changed.noProxy()
                // An answer of 401 would send the request a second time. There is no way to take this back but to say
                // never.
                .httpAuthentication((request, response) -> false, (request, address) -> {})
                // The body of an answer is taken as it is asked for.
                .option(ChannelOption.AUTO_READ, false);
    }

    /**
     * Takes away the headers that are not the user's to set, at the last moment: they can come from defaults, from a deferred
     * function, or from a callback.
     */
    static BiFunction<HttpClientRequest, NettyOutbound, Publisher<Void>> strippedBefore(
            ApiEndpoint endpoint, BiFunction<HttpClientRequest, NettyOutbound, Publisher<Void>> send) {
        int port = endpoint.url().getPort();
        String bare = endpoint.url().getHost();
        String host = port == 80 || port == 443 ? bare : bare + ":" + port;
        return (request, outbound) -> {
            HttpHeaders headers = request.requestHeaders();
            OURS.forEach(headers::remove);
            for (String name : headers.names()) {
                if (name.toLowerCase(Locale.ROOT).startsWith("proxy-")) {
                    headers.remove(name);
                }
            }
            headers.set(HttpHeaderNames.HOST, host);
            return send.apply(request, outbound);
        };
    }
}
