package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Reason;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ForbiddenException;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.ServerErrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is counted, and which items need not be sent again. */
class TallyTest {

    private static final DeleteOutcome DELETED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);

    private final Tally tally = new Tally();

    @Test
    void eachOutcomeIsCountedByItsKind() {
        DeleteOutcome failed = new DeleteOutcome.Failed(new InvalidContactIdException("x"));
        tally.add(0, DELETED, false);
        tally.add(1, new DeleteOutcome.Deleted(Confirmation.INFERRED), false);
        tally.add(2, new DeleteOutcome.NotFound(), false);
        tally.add(4, failed, false);
        tally.add(3, new DeleteOutcome.Duplicate(0, DELETED), false);
        assertThat(tally.summary(() -> 5)).isEqualTo(new BulkSummary(2, 1, 1, 0, 1, 5, 5));
        assertThat(tally.reading(() -> 5).above()).isEmpty();
    }

    /** Whoever resumes the run has to send it. */
    @ParameterizedTest
    @EnumSource
    void whatWasNeverSentHoldsTheWatermarkBack(Reason reason) {
        DeleteOutcome unsent = new DeleteOutcome.NotAttempted(reason);
        tally.add(0, DELETED, false);
        tally.add(1, unsent, false);
        tally.add(2, DELETED, false);
        tally.add(3, new DeleteOutcome.Duplicate(1, unsent), false);
        tally.add(4, new DeleteOutcome.Duplicate(0, DELETED), false);
        assertThat(tally.summary(() -> 5)).isEqualTo(new BulkSummary(2, 0, 0, 1, 2, 5, 1));
        assertThat(tally.reading(() -> 5).above()).containsExactly(new IndexRange(2, 2), new IndexRange(4, 4));
    }

    /** With more time it might have been deleted. */
    @Test
    void aFailureThatMayPassIsFinalOnlyIfTheRunWentOn() {
        DeleteOutcome mayPass = new DeleteOutcome.Failed(
                new ServerErrorException("cont_a", ErrorResponse.of(503), null, 1, Delivery.UNKNOWN));
        DeleteOutcome forGood = new DeleteOutcome.Failed(
                new ForbiddenException("cont_a", ErrorResponse.of(403), 1, Delivery.NOT_APPLIED));
        tally.add(0, mayPass, false);
        tally.add(1, mayPass, true);
        tally.add(2, forGood, true);
        tally.add(3, new DeleteOutcome.Duplicate(1, mayPass), true);
        tally.add(4, DELETED, true);
        assertThat(tally.summary(() -> 5)).isEqualTo(new BulkSummary(1, 0, 3, 0, 1, 5, 1));
        assertThat(tally.reading(() -> 5).above()).containsExactly(new IndexRange(2, 2), new IndexRange(4, 4));
    }
}
