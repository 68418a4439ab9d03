package dev.closecrm.reactor.http;

import dev.closecrm.core.error.Delivery;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the guard saw of one exchange. It alone decides what a failed exchange may have done: which exception the transport
 * comes up with, and what its text says, differs from version to version and from platform to platform.
 *
 * <p>The connection's event loop writes it; whoever reports a failure reads it, perhaps on another thread and in the very
 * moment in which the request is to be written. Both go through one compare-and-set: who has been told that nothing was sent
 * can rely on it, since the request is then forbidden to leave.
 */
final class ExchangeTrace {

    /** How far the request got. */
    private enum Request {
        NOT_BEGUN,
        /** Reported as not sent; must not be written any more. */
        FORBIDDEN,
        /** Handed to the connection; some of it may be on its way. */
        BEGUN,
        /** Taken whole by the connection. */
        WRITTEN,
        /** The connection closed before it had taken all of the request: what it took is no request. */
        CUT_OFF,
        /** Written, and the service said in the terms of HTTP/2 that it has not looked at it and never will. */
        REFUSED
    }

    private final AtomicReference<Request> request = new AtomicReference<>(Request.NOT_BEGUN);
    private volatile boolean onConnection;
    private volatile boolean malformed;
    private volatile boolean collateral;

    /** There is a connection for the exchange. What fails from here on is not the way to it. */
    void connectionTaken() {
        onConnection = true;
    }

    /**
     * Asks to write the request.
     *
     * @return false if it has been reported as not sent, and must not be written
     */
    boolean requestMayBegin() {
        return request.compareAndSet(Request.NOT_BEGUN, Request.BEGUN);
    }

    void requestWritten() {
        request.compareAndSet(Request.BEGUN, Request.WRITTEN);
    }

    void requestCutOff() {
        request.compareAndSet(Request.BEGUN, Request.CUT_OFF);
    }

    void requestRefused() {
        request.updateAndGet(now -> now == Request.BEGUN || now == Request.WRITTEN ? Request.REFUSED : now);
    }

    void answerMalformed() {
        malformed = true;
    }

    /** The connection was lost, and another exchange on it was told so first. */
    void lostWithOthers() {
        collateral = true;
    }

    /** Whether this is one of several exchanges that lost their connection together, and not the first. */
    boolean collateral() {
        return collateral;
    }

    /** Whether a request was handed to a connection at all. */
    boolean begun() {
        Request now = request.get();
        return now != Request.NOT_BEGUN && now != Request.FORBIDDEN;
    }

    /** Whether there was a connection, so that what failed is the exchange. */
    boolean onConnection() {
        return onConnection || begun();
    }

    /** Whether the service has said that it did not look at the request. */
    boolean refused() {
        return request.get() == Request.REFUSED;
    }

    /** Whether what came back broke the rules of HTTP. */
    boolean malformed() {
        return malformed;
    }

    /** What the exchange may have done, given that no readable answer came. A request that has not begun never will. */
    Delivery settle() {
        request.compareAndSet(Request.NOT_BEGUN, Request.FORBIDDEN);
        return switch (request.get()) {
            case NOT_BEGUN, FORBIDDEN, CUT_OFF, REFUSED -> Delivery.NOT_SENT;
            case BEGUN, WRITTEN -> Delivery.UNKNOWN;
        };
    }
}
