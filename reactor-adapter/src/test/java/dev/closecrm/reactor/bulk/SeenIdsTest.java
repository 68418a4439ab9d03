package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ServerErrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which ids are remembered, and what of them. */
class SeenIdsTest {

    private static final DeleteOutcome DELETED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);

    @Test
    void anIdInFlightIsRememberedHoweverFewMayBe() {
        SeenIds seen = new SeenIds(0);
        SeenIds.First first = first(seen, "cont_a", 0);
        assertThat(first(seen, "cont_a", 1)).isSameAs(first);
        seen.ended(first, DELETED);
        assertThat(first(seen, "cont_a", 2).index()).isEqualTo(2);
    }

    @Test
    void theOneThatEndedLongestAgoIsForgotten() {
        SeenIds seen = new SeenIds(2);
        for (int i = 0; i < 3; i++) {
            seen.ended(first(seen, "cont_" + i, i), DELETED);
        }
        assertThat(first(seen, "cont_1", 10).index()).isEqualTo(1);
        assertThat(first(seen, "cont_2", 11).index()).isEqualTo(2);
        assertThat(first(seen, "cont_0", 12).index()).isEqualTo(12);
    }

    /** It was sent again meanwhile, and the younger of the two is in flight. */
    @Test
    void whatIsForgottenIsNotAnotherItemWithThatId() {
        SeenIds seen = new SeenIds(1);
        seen.ended(first(seen, "cont_a", 0), failed(Delivery.UNKNOWN));
        seen.ended(first(seen, "cont_b", 1), failed(Delivery.NOT_SENT));
        SeenIds.First again = first(seen, "cont_a", 2);
        // Takes the mark of the first one out.
        seen.ended(first(seen, "cont_c", 3), DELETED);
        assertThat(first(seen, "cont_a", 4)).isSameAs(again);
    }

    @ParameterizedTest
    @EnumSource
    void ofAForgottenFailureThatMayHaveDeletedThatMuchIsKept(Delivery delivery) {
        SeenIds seen = new SeenIds(1);
        seen.ended(first(seen, "cont_a", 0), failed(delivery));
        seen.ended(first(seen, "cont_b", 1), failed(Delivery.NOT_SENT));
        SeenIds.First again = first(seen, "cont_a", 2);
        assertThat(again.index()).isEqualTo(2);
        assertThat(again.maybeSentBefore()).isEqualTo(delivery == Delivery.UNKNOWN);
    }

    private static SeenIds.First first(SeenIds seen, String id, long index) {
        return seen.firstOf(ContactId.of(id), index);
    }

    private static DeleteOutcome failed(Delivery delivery) {
        return new DeleteOutcome.Failed(new ServerErrorException("cont_a", ErrorResponse.of(503), null, 1, delivery));
    }
}
