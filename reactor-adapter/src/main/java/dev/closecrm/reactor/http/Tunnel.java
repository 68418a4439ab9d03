package dev.closecrm.reactor.http;

import dev.closecrm.core.ProxyOptions;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandResponse;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectionEvent;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes a connection through the proxy, before anything else happens on it.
 *
 * <p>Why not Reactor Netty's own proxy support: it looks the proxy's name up while the client is built, it says that a connection
 * is open as soon as the proxy has accepted it, so that a request would count as begun and the TLS clock would run while the proxy
 * is still thinking, and it lets the proxy's words into errors and logs.
 *
 * <p>What it does: the resolver gives it the proxy's address as if it were the service's (see {@link ProxyLookup}). It connects
 * there, lets Netty's handler ask for a tunnel to the service by name, and holds back the news that the connection is open until
 * the tunnel stands. Then it leaves. Everything runs on the connection's event loop.
 */
final class Tunnel extends ChannelDuplexHandler {

    private static final String NAME = "closecrm.tunnel";
    private static final String PROTOCOL = "closecrm.proxy";
    private static final Set<Socks5CommandStatus> LASTING = Set.of(
            Socks5CommandStatus.FORBIDDEN,
            Socks5CommandStatus.COMMAND_UNSUPPORTED,
            Socks5CommandStatus.ADDRESS_UNSUPPORTED);

    private final ProxyOptions proxy;
    private final InetSocketAddress service;
    private final Duration limit;
    private @Nullable Future<?> timer;
    private boolean over;

    private Tunnel(ProxyOptions proxy, InetSocketAddress service, Duration limit) {
        this.proxy = proxy;
        this.service = service;
        this.limit = limit;
    }

    /** Puts a tunnel before everything else in a connection that is about to be opened. */
    static void dig(Channel channel, ProxyOptions proxy, InetSocketAddress service, Duration limit) {
        channel.pipeline().addFirst(NAME, new Tunnel(proxy, service, limit));
    }

    @Override
    public void connect(
            ChannelHandlerContext ctx,
            SocketAddress proxyAddress,
            @Nullable SocketAddress local,
            ChannelPromise promise) {
        Outgoing.reached(ctx.channel(), Phase.PROXY);
        ProxyHandler protocol = protocol(proxyAddress);
        // The clock here also knows that it was the clock.
        protocol.setConnectTimeoutMillis(0);
        ctx.pipeline().addBefore(NAME, PROTOCOL, protocol).addBefore(PROTOCOL, null, new Answers());
        ChannelPromise connected = ctx.newPromise();
        connected.addListener(done -> {
            if (done.isSuccess()) {
                promise.trySuccess();
            } else {
                over = true;
                promise.tryFailure(unreachable(done.cause()));
            }
        });
        ctx.connect(service, local, connected);
    }

    private ProxyHandler protocol(SocketAddress proxyAddress) {
        String user = proxy.user().orElse(null);
        String password = proxy.password().orElse(null);
        return switch (proxy.kind()) {
            case HTTP ->
                user == null || password == null
                        ? new HttpProxyHandler(proxyAddress)
                        : new HttpProxyHandler(proxyAddress, user, password);
            case SOCKS5 -> new Socks5ProxyHandler(proxyAddress, user, password);
        };
    }

    private ProxyFault unreachable(Throwable cause) {
        boolean timedOut = cause instanceof ConnectTimeoutException;
        return fault(
                timedOut ? "did not accept the connection within " + limit : "did not accept the connection",
                timedOut,
                false);
    }

    /** The proxy accepted the connection. For everybody else it is not open yet. */
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        timer = ctx.executor()
                .schedule(
                        () -> fail(ctx, fault("did not open the tunnel within " + limit, true, false)),
                        limit.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ProxyConnectionEvent && !over) {
            over = true;
            stopTimer();
            Outgoing.reached(ctx.channel(), Phase.CONNECT);
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    /** Netty's handler reports here whatever went wrong with the tunnel, in the proxy's words. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(ctx, fault("closed the connection or broke its protocol before the tunnel stood", false, false));
    }

    private void fail(ChannelHandlerContext ctx, ProxyFault fault) {
        if (!over) {
            over = true;
            stopTimer();
            ctx.fireExceptionCaught(fault);
            ctx.close();
        }
    }

    private void stopTimer() {
        Future<?> armed = timer;
        if (armed != null) {
            armed.cancel(false);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stopTimer();
    }

    private ProxyFault fault(String what, boolean timedOut, boolean permanent) {
        return new ProxyFault("the proxy " + proxy.host() + ":" + proxy.port() + " " + what, timedOut, permanent);
    }

    /** Reads what the proxy says, before Netty's handler makes a text of it. */
    private final class Answers extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ProxyFault refusal = refusal(msg);
            if (refusal == null) {
                ctx.fireChannelRead(msg);
                return;
            }
            ReferenceCountUtil.release(msg);
            ChannelHandlerContext tunnel = ctx.pipeline().context(Tunnel.this);
            if (tunnel != null) {
                fail(tunnel, refusal);
            }
        }

        private @Nullable ProxyFault refusal(Object msg) {
            if (msg instanceof HttpResponse response && response.status().code() != 200) {
                int status = response.status().code();
                boolean lasting = status >= 400 && status < 500 && status != 408 && status != 429;
                return fault("refused the tunnel with status " + status + advice(status), false, lasting);
            }
            if (msg instanceof Socks5InitialResponse response
                    && Socks5AuthMethod.UNACCEPTED.equals(response.authMethod())) {
                return fault("wants a way to log in that it was not offered; are its credentials set?", false, true);
            }
            if (msg instanceof Socks5PasswordAuthResponse response
                    && !Socks5PasswordAuthStatus.SUCCESS.equals(response.status())) {
                return fault("refused user name and password", false, true);
            }
            if (msg instanceof Socks5CommandResponse response
                    && !Socks5CommandStatus.SUCCESS.equals(response.status())) {
                Socks5CommandStatus status = response.status();
                return fault(
                        "refused the tunnel with status " + (status.byteValue() & 0xff),
                        false,
                        LASTING.contains(status));
            }
            return null;
        }

        private static String advice(int status) {
            return switch (status) {
                // tinyproxy says 401 of a wrong password and 407 of none.
                case 401, 407 -> ": it wants a user name and password, or others; see ProxyOptions.credentials";
                case 403, 405 -> ": it does not allow a tunnel to this host or port";
                default -> "";
            };
        }
    }
}
