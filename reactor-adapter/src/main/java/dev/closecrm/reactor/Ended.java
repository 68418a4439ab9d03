package dev.closecrm.reactor;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.retry.CallState;
import dev.closecrm.core.engine.retry.Verdict;
import dev.closecrm.core.error.ClientDisposedException;
import dev.closecrm.core.error.CloseCrmException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended.
 *
 * @param last the result of its last attempt, or null if there was none
 * @param before what the call knew before that attempt
 */
record Ended(ContactId id, DeleteOutcome outcome, @Nullable AttemptResult last, CallState before, Duration elapsed) {

    /** For those who asked for a result. */
    DeleteResult<ContactId> result() {
        return new DeleteResult<>(
                0,
                id,
                id,
                outcome,
                last == null ? null : last.statusRead(),
                last == null ? 0 : before.attempts() + 1,
                elapsed);
    }

    /** For those who asked for a signal, and to whom this outcome is an error. */
    CloseCrmException error() {
        if (outcome instanceof DeleteOutcome.Failed failed) {
            return failed.error();
        }
        if (outcome instanceof DeleteOutcome.NotFound && last instanceof AttemptResult.NotFound answer) {
            return Verdict.notFound(id, answer, before);
        }
        if (outcome instanceof DeleteOutcome.NotAttempted) {
            return new ClientDisposedException();
        }
        throw new IllegalStateException("not an error: " + outcome);
    }
}
