package dev.closecrm.reactor.http;

import dev.closecrm.core.error.Delivery;

/**
 * What the guard saw of one exchange. It alone decides what a failed exchange may have done: which exception the transport
 * comes up with, and what its text says, differs from version to version and from platform to platform.
 *
 * <p>Written on the connection's event loop, read from wherever the failure surfaces.
 */
final class ExchangeTrace {

    /** How far the request got. */
    private enum Request {
        NOT_BEGUN,
        /** Handed to the connection; some of it may be on its way. */
        BEGUN,
        /** The connection closed before it had taken all of the request: what it took is no request. */
        CUT_OFF
    }

    private volatile Request request = Request.NOT_BEGUN;
    private volatile boolean malformed;

    void requestBegun() {
        request = Request.BEGUN;
    }

    void requestCutOff() {
        request = Request.CUT_OFF;
    }

    void answerMalformed() {
        malformed = true;
    }

    /** Whether a request was handed to a connection at all. */
    boolean begun() {
        return request != Request.NOT_BEGUN;
    }

    /** Whether what came back broke the rules of HTTP. */
    boolean malformed() {
        return malformed;
    }

    /** What the exchange may have done, given that no readable answer came. */
    Delivery delivery() {
        return request == Request.BEGUN ? Delivery.UNKNOWN : Delivery.NOT_SENT;
    }
}
