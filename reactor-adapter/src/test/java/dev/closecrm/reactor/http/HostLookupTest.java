package dev.closecrm.reactor.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.HttpResources;

class HostLookupTest {

    private static final InetSocketAddress HOST = InetSocketAddress.createUnresolved("api.closecrm.test", 443);

    @Test
    void theJvmIsAskedOnThreadsThatMayBlockAndAnswersOnTheEventLoop() throws Exception {
        EventLoop loop = HttpResources.get().onClient(true).next();
        Queue<Boolean> mayBlock = new ConcurrentLinkedQueue<>();
        InetAddress[] found = {InetAddress.getByName("192.0.2.1"), InetAddress.getByName("192.0.2.2")};
        try (HostLookup.JvmGroup group = new HostLookup.JvmGroup(host -> {
            mayBlock.add(!Schedulers.isInNonBlockingThread() && !loop.inEventLoop());
            return found;
        })) {
            // Asked on the loop, as a connection that is to be opened asks.
            var all =
                    loop.submit(() -> group.getResolver(loop).resolveAll(HOST)).get(10, TimeUnit.SECONDS);
            assertThat(all.get(10, TimeUnit.SECONDS))
                    .isEqualTo(List.of(new InetSocketAddress(found[0], 443), new InetSocketAddress(found[1], 443)));
            var one = loop.submit(() -> group.getResolver(loop).resolve(HOST)).get(10, TimeUnit.SECONDS);
            assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo(new InetSocketAddress(found[0], 443));
            assertThat(mayBlock).containsExactly(true, true);
        }
    }

    @Test
    void aHostThatTheJvmDoesNotKnowIsUnknown() throws Exception {
        EventLoop loop = HttpResources.get().onClient(true).next();
        UnknownHostException unknown = new UnknownHostException("api.closecrm.test");
        try (HostLookup.JvmGroup group = new HostLookup.JvmGroup(host -> {
            throw unknown;
        })) {
            var all = group.getResolver(loop).resolveAll(HOST);
            assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(all.cause()).isSameAs(unknown);
        }
    }
}
