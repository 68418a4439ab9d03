package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.closecrm.core.error.ClientDisposedException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeleteOutcomeTest {

    private static final List<DeleteOutcome> EVERY_CASE = List.of(
            new DeleteOutcome.Deleted(Confirmation.CONFIRMED),
            new DeleteOutcome.NotFound(),
            new DeleteOutcome.Failed(new ClientDisposedException()),
            new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.ABORTED),
            new DeleteOutcome.Duplicate(3, new DeleteOutcome.NotFound()));

    @Test
    void foldAndKindCoverEveryPermittedCase() {
        assertThat(EVERY_CASE)
                .extracting(Object::getClass)
                .containsExactlyInAnyOrder(DeleteOutcome.class.getPermittedSubclasses());
        assertThat(EVERY_CASE).extracting(DeleteOutcome::kind).containsExactly(DeleteOutcome.Kind.values());
        List<DeleteOutcome.Kind> folded = EVERY_CASE.stream()
                .map(outcome -> outcome.<DeleteOutcome.Kind>fold(
                        deleted -> DeleteOutcome.Kind.DELETED,
                        notFound -> DeleteOutcome.Kind.NOT_FOUND,
                        failed -> DeleteOutcome.Kind.FAILED,
                        notAttempted -> DeleteOutcome.Kind.NOT_ATTEMPTED,
                        duplicate -> DeleteOutcome.Kind.DUPLICATE))
                .toList();
        assertThat(folded).isEqualTo(Arrays.asList(DeleteOutcome.Kind.values()));
    }

    @Test
    void aDuplicateNamesTheOutcomeOfTheFirst() {
        DeleteOutcome first = new DeleteOutcome.Duplicate(0, new DeleteOutcome.NotFound());
        assertThatIllegalArgumentException().isThrownBy(() -> new DeleteOutcome.Duplicate(1, first));
    }
}
