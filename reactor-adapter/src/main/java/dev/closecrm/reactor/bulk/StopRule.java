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

    static final StopRule OUTAGE = new StopRule(Reason.OUTAGE, null);

    /** What is said of items that were pulled and not sent. */
    DeleteOutcome.Reason forTheRest() {
        return switch (reason) {
            case CLIENT_DISPOSED -> DeleteOutcome.Reason.CLIENT_DISPOSED;
            case OUTAGE -> DeleteOutcome.Reason.OUTAGE;
            default -> DeleteOutcome.Reason.ABORTED;
        };
    }

    /** The rule that a single failure breaks, or null if another item may fare better. */
    static @Nullable StopRule brokenBy(CloseCrmException error) {
        return switch (error.code()) {
            case UNAUTHORIZED -> new StopRule(Reason.CREDENTIALS_REFUSED, error);
            // One that may pass is the business of the call; with one that is for good, every other call fails at once.
            case TOKEN_REFRESH -> error.retryable() ? null : new StopRule(Reason.CREDENTIALS_REFUSED, error);
            case PAYMENT_REQUIRED -> new StopRule(Reason.PLAN_LIMIT, error);
            case METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE -> new StopRule(Reason.NOT_SUPPORTED, error);
            default -> null;
        };
    }
}
