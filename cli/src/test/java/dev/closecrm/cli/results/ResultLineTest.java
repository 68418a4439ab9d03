package dev.closecrm.cli.results;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.cli.input.Input;
import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.ClientDisposedException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.ServerErrorException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResultLineTest {

    private static final CloseCrmException BROKEN = new ServerErrorException(
            "cont_a", new ErrorResponse(503, List.of("busy"), Map.of(), null), null, 2, Delivery.UNKNOWN);
    private static final CloseCrmException DISPOSED = new ClientDisposedException();
    private static final CloseCrmException INVALID = new InvalidContactIdException("a,\"b");

    static List<Arguments> results() {
        return List.of(
                line(
                        result("cont_a", new DeleteOutcome.Deleted(Confirmation.CONFIRMED), 200, 1, 12),
                        "deleted,confirmed,,200,1,12,"),
                line(
                        result("cont_a", new DeleteOutcome.Deleted(Confirmation.INFERRED), 404, 2, 12),
                        "deleted,inferred,,404,2,12,"),
                line(result("cont_a", new DeleteOutcome.NotFound(), 404, 1, 3), "not_found,,,404,1,3,"),
                line(
                        result("cont_a", new DeleteOutcome.Failed(BROKEN), 503, 2, 40),
                        "failed,,unknown,503,2,40," + BROKEN.getMessage()),
                line(
                        result("a,\"b", new DeleteOutcome.Failed(INVALID), null, 0, 0),
                        "failed,,not_sent,,0,0," + INVALID.getMessage()),
                line(
                        result("cont_a", new DeleteOutcome.Failed(DISPOSED), null, 0, 0),
                        "failed,,,,0,0," + DISPOSED.getMessage()),
                line(
                        result("cont_a", new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.ABORTED), null, 0, 0),
                        "not_attempted,,,,0,0,"),
                line(
                        result("cont_a", new DeleteOutcome.Duplicate(0, new DeleteOutcome.Failed(BROKEN)), null, 0, 0),
                        "duplicate,,,,0,0,"));
    }

    @ParameterizedTest
    @MethodSource("results")
    void leavesCellsEmptyThatDoNotApply(DeleteResult<Input> result, String cells) {
        List<String> line = ResultLine.of(result);

        assertThat(line)
                .hasSameSizeAs(ResultLine.HEADER)
                .startsWith("7", result.item().id());
        assertThat(String.join(",", line.subList(2, line.size()))).isEqualTo(cells);
    }

    private static Arguments line(DeleteResult<Input> result, String cells) {
        return Arguments.of(result, cells);
    }

    private static DeleteResult<Input> result(
            String item, DeleteOutcome outcome, @Nullable Integer status, int attempts, long millis) {
        ContactId id = item.equals("cont_a") ? ContactId.of(item) : null;
        return new DeleteResult<>(3, new Input(7, item), id, outcome, status, attempts, Duration.ofMillis(millis));
    }
}
