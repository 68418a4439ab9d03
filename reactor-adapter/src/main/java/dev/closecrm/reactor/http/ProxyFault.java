package dev.closecrm.reactor.http;

import java.io.IOException;

/**
 * The proxy did not open a tunnel. All words are ours: what a proxy says may hold the password it was sent, so nothing of it is
 * kept, in a text or as a cause.
 */
final class ProxyFault extends IOException {

    private static final long serialVersionUID = 1L;

    private final boolean timedOut;
    private final boolean permanent;

    ProxyFault(String message, boolean timedOut, boolean permanent) {
        super(message);
        this.timedOut = timedOut;
        this.permanent = permanent;
    }

    boolean timedOut() {
        return timedOut;
    }

    /** Whether it would answer the same again. */
    boolean permanent() {
        return permanent;
    }
}
