package dev.closecrm.reactor.http;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientConfig;
import reactor.netty.transport.AddressUtils;
import reactor.netty.transport.NameResolverProvider;

/** The way to the service: who looks its address up, and whether a proxy stands in between. */
final class Route {

    private final HttpClient client;
    /** What has to be closed at the end. A resolver that the user brought is not among it. */
    private final List<AddressResolverGroup<?>> own = new ArrayList<>();

    /**
     * Lays the way.
     *
     * @param base a client that may bring a resolver of its user's, which then stays
     * @param url where requests go, with its port
     */
    Route(HttpClient base, URI url, ConnectionOptions options) {
        HttpClientConfig config = base.configuration();
        AddressResolverGroup<?> users = brought(config);
        AddressResolverGroup<?> hosts = users == null
                ? owned(HostLookup.group(options, config.loopResources(), config.isPreferNative()))
                : users;
        ProxyOptions proxy = options.proxy()
                .filter(configured -> !configured.bypasses(url.getHost()))
                .orElse(null);
        // How far a connection got is noted for the case that the time of its exchange runs out.
        HttpClient noting = base.doOnResolve(
                        connection -> Outgoing.reached(connection.channel(), proxy == null ? Phase.DNS : Phase.PROXY))
                .doAfterResolve((connection, address) -> Outgoing.resolved(connection.channel()));
        HttpClient secured = url.getScheme().equals("https")
                ? noting.doOnChannelInit(
                        (observer, channel, remote) -> channel.pipeline().addFirst(new HandshakeMark()))
                : noting;
        // The tunnel comes last, so that it stands first and decides when the handshake may begin.
        this.client = proxy == null
                ? secured.resolver(hosts)
                : secured.resolver(owned(new ProxyLookup(hosts, proxy)))
                        .doOnChannelInit((observer, channel, remote) ->
                                Tunnel.dig(channel, proxy, service(url), options.connectTimeout()));
    }

    /** The resolver that a user set, or null. Setting event loops sets one too, the default one, and nobody meant that. */
    private static @Nullable AddressResolverGroup<?> brought(HttpClientConfig config) {
        boolean byTheWay = NameResolverProvider.builder().build().equals(config.getNameResolverProvider());
        return byTheWay ? null : config.resolver();
    }

    HttpClient client() {
        return client;
    }

    void close() {
        own.forEach(AddressResolverGroup::close);
    }

    private <T extends AddressResolverGroup<?>> T owned(T group) {
        own.add(group);
        return group;
    }

    /** Notes that the connection is open and the handshake about to begin, and leaves. */
    private static final class HandshakeMark extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            Outgoing.reached(ctx.channel(), Phase.TLS);
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
        }
    }

    /** By name: the proxy looks it up. */
    private static InetSocketAddress service(URI url) {
        String host = url.getHost();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return AddressUtils.createUnresolved(bare, url.getPort());
    }
}
