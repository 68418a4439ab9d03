package dev.closecrm.reactor.http;

import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ConnectionOptions.Resolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/** Looks up the addresses of a host. What is made here belongs to one client and has to be closed with it. */
final class HostLookup {

    private HostLookup() {}

    /** A group of the client's own: the one that Reactor Netty shares has no ceiling and other limits. */
    static AddressResolverGroup<InetSocketAddress> group(
            ConnectionOptions options, LoopResources loops, boolean preferNative) {
        return options.resolver() == Resolver.JVM
                ? new JvmGroup(InetAddress::getAllByName)
                : nettyGroup(options, loops, preferNative);
    }

    private static AddressResolverGroup<InetSocketAddress> nettyGroup(
            ConnectionOptions options, LoopResources loops, boolean preferNative) {
        // A socket for each lookup, which is Reactor Netty's default: nobody can guess the port of the next one.
        return NameResolverProvider.builder()
                .queryTimeout(options.dnsQueryTimeout())
                .cacheMaxTimeToLive(Duration.ofSeconds(options.dnsCacheCeiling().toSeconds()))
                .dnsAddressResolverGroupProvider(builder -> {
                    if (!options.nameServers().isEmpty()) {
                        builder.nameServerProvider(new SequentialDnsServerAddressStreamProvider(options.nameServers()));
                    }
                    return new DnsAddressResolverGroup(builder);
                })
                .build()
                .newNameResolverGroup(loops, preferNative);
    }

    /** What blocks. */
    @FunctionalInterface
    interface Blocking {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    /** Asks the JVM, on threads that may block; Netty's own way to do so would block the event loop. */
    static final class JvmGroup extends AddressResolverGroup<InetSocketAddress> {

        private final Blocking jvm;

        JvmGroup(Blocking jvm) {
            this.jvm = jvm;
        }

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new InetSocketAddressResolver(executor, new JvmResolver(executor, jvm));
        }
    }

    private static final class JvmResolver extends InetNameResolver {

        private final Blocking jvm;

        JvmResolver(EventExecutor executor, Blocking jvm) {
            super(executor);
            this.jvm = jvm;
        }

        @Override
        protected void doResolve(String host, Promise<InetAddress> promise) {
            Schedulers.boundedElastic().schedule(() -> {
                try {
                    promise.trySuccess(jvm.addresses(host)[0]);
                } catch (UnknownHostException | RuntimeException e) {
                    promise.tryFailure(e);
                }
            });
        }

        @Override
        protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
            Schedulers.boundedElastic().schedule(() -> {
                try {
                    promise.trySuccess(List.of(jvm.addresses(host)));
                } catch (UnknownHostException | RuntimeException e) {
                    promise.tryFailure(e);
                }
            });
        }
    }
}
