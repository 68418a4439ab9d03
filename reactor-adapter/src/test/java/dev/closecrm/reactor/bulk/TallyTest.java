package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Reason;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.core.error.InvalidContactIdException;
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
        tally.add(0, DELETED);
        tally.add(1, new DeleteOutcome.Deleted(Confirmation.INFERRED));
        tally.add(2, new DeleteOutcome.NotFound());
        tally.add(4, failed);
        tally.add(3, new DeleteOutcome.Duplicate(0, DELETED));
        assertThat(tally.summary()).isEqualTo(new BulkSummary(2, 1, 1, 0, 1, 5, 5));
        assertThat(tally.reading().above()).isEmpty();
    }

    /** Whoever resumes the run has to send it. */
    @ParameterizedTest
    @EnumSource
    void whatWasNeverSentHoldsTheWatermarkBack(Reason reason) {
        DeleteOutcome unsent = new DeleteOutcome.NotAttempted(reason);
        tally.add(0, DELETED);
        tally.add(1, unsent);
        tally.add(2, DELETED);
        tally.add(3, new DeleteOutcome.Duplicate(1, unsent));
        tally.add(4, new DeleteOutcome.Duplicate(0, DELETED));
        assertThat(tally.summary()).isEqualTo(new BulkSummary(2, 0, 0, 1, 2, 5, 1));
        assertThat(tally.reading().above()).containsExactly(new IndexRange(2, 2), new IndexRange(4, 4));
    }
}
