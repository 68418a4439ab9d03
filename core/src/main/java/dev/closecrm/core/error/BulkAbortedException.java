package dev.closecrm.core.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bulk run was ended early, after the result of every item that had been pulled was delivered. What the source still held
 * was never pulled: it begins at {@link BulkSummary#nextIndex()}. {@link BulkSummary#watermark()} is where to go on, since some of
 * what was pulled may not have been sent.
 */
public final class BulkAbortedException extends CloseCrmException {

    private static final long serialVersionUID = 1L;

    /** Why the run was ended. */
    public enum Reason {
        /** 401, or an access token that cannot be renewed for good: no further item could have been deleted. */
        CREDENTIALS_REFUSED,
        /** 402: the plan of the organisation does not allow it. */
        PLAN_LIMIT,
        /** 405 or 415: what stands at the base URL does not delete contacts. */
        NOT_SUPPORTED,
        /** Too many 403 one after the other: whoever the credentials belong to may not delete contacts. */
        FORBIDDEN,
        /**
         * Nothing but 404 from the beginning: most likely the credentials are of another organisation, or the ids are not what
         * they are taken for. To whom nothing has to be there, the run would have looked like a success.
         */
        SUSPICIOUS_NOT_FOUND,
        /** More items failed than the options allow. */
        TOO_MANY_FAILED,
        /** The service was down for longer than the options allow. */
        OUTAGE,
        /** The client was disposed while the run was under way. */
        CLIENT_DISPOSED
    }

    private final Reason reason;
    private final BulkSummary summary;

    /**
     * Makes the error.
     *
     * @param reason why the run was ended
     * @param summary how far it got
     * @param cause the failure that ended it, or null
     */
    public BulkAbortedException(Reason reason, BulkSummary summary, @Nullable Throwable cause) {
        super(ErrorCode.BULK_ABORTED, "the run was ended early, " + reason + ": " + summary, cause);
        this.reason = Objects.requireNonNull(reason, "reason");
        this.summary = Objects.requireNonNull(summary, "summary");
    }

    /**
     * Why the run was ended.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * How far the run got.
     *
     * @return counts and positions
     */
    public BulkSummary summary() {
        return summary;
    }

    /** Never by itself: something has to be put right first. */
    @Override
    public boolean retryable() {
        return false;
    }
}
