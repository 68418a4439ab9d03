package dev.closecrm.core.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * No answer that could be read came back. {@link #phase()} says how far the last attempt got; {@link #delivery()} what that
 * means for the contact.
 */
public final class TransportException extends CallException {

    private static final long serialVersionUID = 1L;

    /** How far an attempt got. */
    public enum Phase {
        /** Looking up the host's address. */
        DNS,
        /** Opening the TCP connection. */
        CONNECT,
        /** The TLS handshake: an untrusted certificate, a wrong host name, no common version. */
        TLS,
        /** Talking to the proxy on the way. */
        PROXY,
        /** Waiting for a free place: too many calls at once. */
        POOL,
        /** Sending the request or waiting for the answer. */
        EXCHANGE,
        /** Reading the answer: it broke the rules of HTTP. */
        PROTOCOL
    }

    private final Phase phase;
    private final boolean timedOut;
    private final boolean retryable;

    /**
     * Makes the error.
     *
     * @param contactId the contact
     * @param phase how far the last attempt got
     * @param timedOut whether a time limit ended it
     * @param retryable whether trying again later can help
     * @param detail what happened, without secrets
     * @param cause the transport's own error, or null
     * @param attempts how many exchanges were begun
     * @param delivery what they may have done
     */
    public TransportException(
            String contactId,
            Phase phase,
            boolean timedOut,
            boolean retryable,
            String detail,
            @Nullable Throwable cause,
            int attempts,
            Delivery delivery) {
        super(
                ErrorCode.TRANSPORT,
                "deleting " + contactId + ": " + phase + (timedOut ? " timed out: " : " failed: ")
                        + Excerpt.of(detail, 500) + told(attempts, delivery),
                cause,
                contactId,
                attempts,
                delivery);
        this.phase = Objects.requireNonNull(phase, "phase");
        this.timedOut = timedOut;
        this.retryable = retryable;
    }

    /**
     * How far the last attempt got.
     *
     * @return the phase
     */
    public Phase phase() {
        return phase;
    }

    /**
     * Whether a time limit ended the last attempt.
     *
     * @return true for a time-out
     */
    public boolean timedOut() {
        return timedOut;
    }

    /** Except for a certificate that is not trusted and the like: it does not become valid by asking again. */
    @Override
    public boolean retryable() {
        return retryable;
    }
}
