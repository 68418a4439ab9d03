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
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
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
     * @param redact masks the credentials in a text
     */
    static AttemptResult read(Throwable error, ExchangeTrace trace, UnaryOperator<String> redact) {
        // First of all: from here on nothing is written that is not accounted for.
        Delivery delivery = trace.settle();
        Phase phase = phase(error, trace);
        if (phase == Phase.PROTOCOL) {
            // The codec's own words quote what the server sent, and a server may send the key back.
            String what = error instanceof ResponseGuard.BrokenProtocolException broken
                    ? broken.why()
                    : "what came back is not an answer of HTTP within the limits";
            return new AttemptResult.Faulted(phase, false, delivery, Prospect.TRANSIENT, what, null);
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
        // Every time-out is one of these, of the pool, of an attempt; or of Netty's own kind.
        boolean timedOut = has(error, TimeoutException.class)
                || has(error, ReadTimeoutException.class)
                || has(error, ConnectTimeoutException.class)
                || has(error, SslHandshakeTimeoutException.class)
                || has(error, DnsNameResolverTimeoutException.class);
        Prospect prospect = timedOut ? Prospect.TRANSIENT : prospect(phase, delivery);
        return new AttemptResult.Faulted(phase, timedOut, delivery, prospect, redact.apply(detail(error)), error);
    }

    private static Prospect prospect(Phase phase, Delivery delivery) {
        if (phase == Phase.TLS) {
            return Prospect.PERMANENT;
        }
        // There was a connection and nothing left over it: it had died in the pool, or would open no stream.
        return phase == Phase.EXCHANGE && delivery == Delivery.NOT_SENT ? Prospect.UNPROCESSED : Prospect.TRANSIENT;
    }

    private static Phase phase(Throwable error, ExchangeTrace trace) {
        if (trace.malformed()) {
            return Phase.PROTOCOL;
        }
        if (trace.onConnection()) {
            return Phase.EXCHANGE;
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
        return has(error, SocketException.class) || has(error, TimeoutException.class) ? Phase.CONNECT : Phase.EXCHANGE;
    }

    private static boolean has(@Nullable Throwable error, Class<? extends Throwable> type) {
        Throwable cause = error;
        // Causes can form a ring; no honest chain is longer than this.
        for (int depth = 0; cause != null && depth < 20; depth++, cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static String detail(Throwable error) {
        // The native transport puts the name of its system call in front of what a person can read.
        return error.getMessage() == null
                ? error.getClass().getSimpleName()
                : error.getMessage().replaceFirst("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
    }
}
