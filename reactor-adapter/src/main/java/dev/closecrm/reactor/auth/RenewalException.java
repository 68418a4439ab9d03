package dev.closecrm.reactor.auth;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * There is no valid access token, and none could be had. Inside the client only: a call that fails for this reason fails with
 * {@link dev.closecrm.core.error.TokenRefreshException}.
 *
 * <p>All calls that waited for a renewal share one of these, on several threads; so it records neither a stack trace nor
 * suppressed errors.
 */
public final class RenewalException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String detail;
    private final boolean retryable;
    private final @Nullable Duration retryAfter;

    /**
     * Makes the error.
     *
     * @param detail what happened, without secrets
     * @param retryable whether asking again can help
     * @param cause the transport's own error, or null
     */
    public RenewalException(String detail, boolean retryable, @Nullable Throwable cause) {
        this(detail, retryable, null, cause);
    }

    RenewalException(String detail, boolean retryable, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(detail, cause, false, false);
        this.detail = detail;
        this.retryable = retryable;
        this.retryAfter = retryAfter;
    }

    /**
     * What happened.
     *
     * @return a text without secrets
     */
    public String detail() {
        return detail;
    }

    /**
     * Whether asking again later can help.
     *
     * @return false if the token endpoint has refused for good
     */
    public boolean retryable() {
        return retryable;
    }

    /** How long the token endpoint asked to wait, or null if it did not. */
    @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
