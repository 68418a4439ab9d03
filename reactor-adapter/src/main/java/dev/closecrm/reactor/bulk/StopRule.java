package dev.closecrm.reactor.bulk;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CloseCrmException;
import org.jspecify.annotations.Nullable;

/**
 * Why a run ends early.
 *
 * @param reason the reason to report
 * @param cause the failure that showed it, or null
 */
record StopRule(Reason reason, @Nullable CloseCrmException cause) {

    /** What is said of items that were pulled and not sent. */
    DeleteOutcome.Reason forTheRest() {
        return reason == Reason.CLIENT_DISPOSED ? DeleteOutcome.Reason.CLIENT_DISPOSED : DeleteOutcome.Reason.ABORTED;
    }

    /** The rule an outcome breaks, or null if the run may go on after it. */
    static @Nullable StopRule brokenBy(DeleteOutcome outcome) {
        if (outcome instanceof DeleteOutcome.Failed failed) {
            return switch (failed.error().code()) {
                case UNAUTHORIZED -> new StopRule(Reason.CREDENTIALS_REFUSED, failed.error());
                // One that may pass is the business of the call; with one that is for good, every other call fails at
                // once.
                case TOKEN_REFRESH ->
                    failed.error().retryable() ? null : new StopRule(Reason.CREDENTIALS_REFUSED, failed.error());
                case PAYMENT_REQUIRED -> new StopRule(Reason.PLAN_LIMIT, failed.error());
                case METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE -> new StopRule(Reason.NOT_SUPPORTED, failed.error());
                default -> null;
            };
        }
        boolean disposed = outcome instanceof DeleteOutcome.NotAttempted not
                && not.reason() == DeleteOutcome.Reason.CLIENT_DISPOSED;
        return disposed ? new StopRule(Reason.CLIENT_DISPOSED, null) : null;
    }
}
