package dev.closecrm.reactor.bulk;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * When a run ends early. Sees the results in the order in which the calls end, one at a time. What was never asked of the service says nothing
 * about it, and is not counted: an id that cannot be read, an item that repeats another.
 */
final class StopPolicy {

    private static final DeleteOutcome GONE = new DeleteOutcome.Deleted(Confirmation.INFERRED);

    private final BulkOptions<?> options;

    private long counted;
    private long failed;
    /** Of those for which a 404 says something. */
    private long firstAnswers;

    private long notFoundAtFirst;
    private int forbiddenInARow;

    StopPolicy(BulkOptions<?> options) {
        this.options = options;
    }

    /**
     * The rule that a result breaks, or null if the run may go on after it.
     *
     * @param maybeSentBefore whether an earlier run may have deleted the contact: that it is not there says nothing then
     */
    @Nullable StopRule after(DeleteOutcome outcome, boolean maybeSentBefore) {
        if (outcome instanceof DeleteOutcome.NotAttempted not) {
            return switch (not.reason()) {
                case CLIENT_DISPOSED -> new StopRule(Reason.CLIENT_DISPOSED, null);
                case OUTAGE -> StopRule.OUTAGE;
                case ABORTED, STOPPED -> null;
            };
        }
        CloseCrmException error = outcome instanceof DeleteOutcome.Failed it ? it.error() : null;
        if (outcome.kind() == Kind.DUPLICATE || (error != null && error.code() == ErrorCode.INVALID_CONTACT_ID)) {
            return null;
        }
        count(outcome, error, maybeSentBefore);
        StopRule fatal = error == null ? null : StopRule.brokenBy(error);
        return fatal != null ? fatal : byCounts(error);
    }

    private void count(DeleteOutcome outcome, @Nullable CloseCrmException error, boolean maybeSentBefore) {
        counted++;
        failed += error == null ? 0 : 1;
        boolean goneBefore = maybeSentBefore && outcome.equals(GONE);
        firstAnswers += goneBefore ? 0 : 1;
        notFoundAtFirst += outcome.kind() == Kind.NOT_FOUND ? 1 : 0;
        forbiddenInARow = error != null && error.code() == ErrorCode.FORBIDDEN ? forbiddenInARow + 1 : 0;
    }

    private @Nullable StopRule byCounts(@Nullable CloseCrmException error) {
        if (forbiddenInARow >= options.maxForbiddenInARow()) {
            return new StopRule(Reason.FORBIDDEN, error);
        }
        if (error != null && failed >= options.maxFailed()) {
            return new StopRule(Reason.TOO_MANY_FAILED, error);
        }
        if (firstAnswers == options.maxNotFoundAtFirst() && notFoundAtFirst == firstAnswers) {
            return new StopRule(Reason.SUSPICIOUS_NOT_FOUND, null);
        }
        if (counted >= BulkOptions.COUNTED_BEFORE_SHARES && failed > options.maxFailedShare() * counted) {
            return new StopRule(Reason.TOO_MANY_FAILED, error);
        }
        return null;
    }
}
