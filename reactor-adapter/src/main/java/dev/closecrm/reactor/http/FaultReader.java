package dev.closecrm.reactor.http;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException.Phase;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

/**
 * Names what went wrong when no readable answer came back. What it may have done to the contact is not read from the error but
 * taken from the {@link ExchangeTrace}.
 */
final class FaultReader {

    private FaultReader() {}

    /**
     * Reads a failure.
     *
     * @param reached how far the connection got that was opened for the exchange
     * @param redact masks the credentials in a text
     */
    static AttemptResult read(Throwable error, Phase reached, ExchangeTrace trace, UnaryOperator<String> redact) {
        // First of all: from here on nothing is written that is not accounted for.
        Delivery delivery = trace.settle();
        Phase phase = phase(error, reached, trace);
        if (phase == Phase.PROTOCOL) {
            // The codec's own words quote what the server sent, and a server may send the key back.
            String what = error instanceof ResponseGuard.BrokenProtocolException broken
                    ? broken.why()
                    : "what came back is not an answer of HTTP within the limits";
            return new AttemptResult.Faulted(phase, false, delivery, prospect(trace, delivery), what, null);
        }
        if (trace.refused()) {
            return new AttemptResult.Faulted(
                    phase,
                    false,
                    delivery,
                    Prospect.UNPROCESSED,
                    "the server did not take the request, and said so",
                    error);
        }
        boolean timedOut = timedOut(error);
        TlsFault tls = phase == Phase.TLS && !timedOut ? TlsFault.of(error) : null;
        ProxyFault proxy = Causes.find(error, ProxyFault.class);
        boolean permanent = (tls != null && tls.permanent()) || (proxy != null && proxy.permanent());
        String detail = tls != null && tls.words() != null ? tls.words() : detail(error);
        return new AttemptResult.Faulted(
                phase,
                timedOut,
                delivery,
                permanent ? Prospect.PERMANENT : timedOut ? Prospect.TRANSIENT : prospect(trace, delivery),
                redact.apply(detail),
                error);
    }

    /** Every time-out is one of these: of the pool, of an attempt, of a proxy; or of Netty's own kind. */
    static boolean timedOut(Throwable error) {
        ProxyFault proxy = Causes.find(error, ProxyFault.class);
        return (proxy != null && proxy.timedOut())
                || has(error, TimeoutException.class)
                || has(error, ReadTimeoutException.class)
                || has(error, ConnectTimeoutException.class)
                || has(error, SslHandshakeTimeoutException.class)
                || has(error, DnsNameResolverTimeoutException.class);
    }

    private static Prospect prospect(ExchangeTrace trace, Delivery delivery) {
        if (trace.onConnection() && delivery == Delivery.NOT_SENT) {
            // There was a connection and nothing left over it: it had died in the pool, or would open no stream.
            return Prospect.UNPROCESSED;
        }
        return trace.collateral() ? Prospect.COLLATERAL : Prospect.TRANSIENT;
    }

    private static Phase phase(Throwable error, Phase reached, ExchangeTrace trace) {
        if (trace.malformed()) {
            return Phase.PROTOCOL;
        }
        if (trace.onConnection()) {
            return Phase.EXCHANGE;
        }
        if (has(error, ProxyFault.class)) {
            return Phase.PROXY;
        }
        if (has(error, PoolAcquireTimeoutException.class)
                || has(error, PoolAcquirePendingLimitException.class)
                || has(error, PoolShutdownException.class)) {
            return Phase.POOL;
        }
        if (has(error, Http2Exception.class)) {
            return Phase.PROTOCOL;
        }
        if (has(error, UnknownHostException.class)) {
            return Phase.DNS;
        }
        if (has(error, SSLException.class) || has(error, DecoderException.class)) {
            return Phase.TLS;
        }
        if (has(error, TimeoutException.class) || (reached == Phase.TLS && error instanceof IOException)) {
            // The attempt's own limit, or a connection that just ended: only where that was says something.
            return reached;
        }
        return has(error, SocketException.class) ? Phase.CONNECT : Phase.EXCHANGE;
    }

    private static boolean has(Throwable error, Class<? extends Throwable> type) {
        return Causes.find(error, type) != null;
    }

    private static String detail(Throwable error) {
        // The native transport puts the name of its system call in front of what a person can read.
        return error.getMessage() == null
                ? error.getClass().getSimpleName()
                : error.getMessage().replaceFirst("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
    }
}
