package dev.closecrm.reactor.http;

import dev.closecrm.core.ProxyOptions;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Gives the addresses of the proxy for whatever is asked, so that the service's name is never looked up here: a
 * {@link Tunnel} hands it to the proxy. All of the proxy's addresses are tried, as those of a service are.
 */
final class ProxyLookup extends AddressResolverGroup<InetSocketAddress> {

    private final AddressResolverGroup<?> hosts;
    private final ProxyOptions proxy;

    ProxyLookup(AddressResolverGroup<?> hosts, ProxyOptions proxy) {
        this.hosts = hosts;
        this.proxy = proxy;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        // What looks a host and a port up gives addresses of this type; only domain sockets have others.
        @SuppressWarnings("unchecked")
        AddressResolver<InetSocketAddress> resolver = (AddressResolver<InetSocketAddress>) hosts.getResolver(executor);
        return new AbstractAddressResolver<>(executor, InetSocketAddress.class) {

            @Override
            protected boolean doIsResolved(InetSocketAddress service) {
                return false;
            }

            @Override
            protected void doResolve(InetSocketAddress service, Promise<InetSocketAddress> promise) {
                pass(resolver.resolve(address()), promise);
            }

            @Override
            protected void doResolveAll(InetSocketAddress service, Promise<List<InetSocketAddress>> promise) {
                pass(resolver.resolveAll(address()), promise);
            }
        };
    }

    private InetSocketAddress address() {
        return InetSocketAddress.createUnresolved(proxy.host(), proxy.port());
    }

    private <T> void pass(Future<T> lookup, Promise<T> promise) {
        lookup.addListener((FutureListener<T>) done -> {
            if (done.isSuccess()) {
                promise.trySuccess(done.getNow());
            } else {
                promise.tryFailure(new ProxyFault(
                        "no address was found for the proxy " + proxy.host(),
                        FaultReader.timedOut(done.cause()),
                        false));
            }
        });
    }
}
