package dev.closecrm.cli.results;

import dev.closecrm.cli.input.Input;
import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** One line of the results file: what became of one input. A cell that does not apply is empty. */
public final class ResultLine {

    public static final List<String> HEADER = List.of(
            "index", "contact_id", "outcome", "confirmation", "delivery", "status", "attempts", "elapsed_ms", "error");

    private ResultLine() {}

    /** The line of an input that has its result. */
    public static List<String> of(DeleteResult<Input> result) {
        DeleteOutcome outcome = result.outcome();
        return List.of(
                Integer.toString(result.item().index()),
                result.item().id(),
                lowerCase(outcome.kind()),
                confirmation(outcome),
                delivery(outcome),
                Objects.toString(result.status(), ""),
                Integer.toString(result.attempts()),
                Long.toString(result.elapsed().toMillis()),
                error(outcome));
    }

    /** The line of an input whose turn never came. */
    public static List<String> notAttempted(Input input) {
        return unsent(input, DeleteOutcome.Kind.NOT_ATTEMPTED);
    }

    /** The line of an input whose id an earlier run has dealt with. */
    static List<String> duplicate(Input input) {
        return unsent(input, DeleteOutcome.Kind.DUPLICATE);
    }

    private static List<String> unsent(Input input, DeleteOutcome.Kind kind) {
        return List.of(Integer.toString(input.index()), input.id(), lowerCase(kind), "", "", "", "0", "0", "");
    }

    /** The line of an input that was begun and whose result got lost, because the run itself broke. */
    public static List<String> lost(Input input, String why) {
        return List.of(
                Integer.toString(input.index()),
                input.id(),
                lowerCase(DeleteOutcome.Kind.FAILED),
                "",
                lowerCase(Delivery.UNKNOWN),
                "",
                "",
                "",
                why);
    }

    /** Whether the service has said that it deleted the contact. */
    static boolean isConfirmed(List<String> line) {
        return line.get(HEADER.indexOf("confirmation")).equals(lowerCase(Confirmation.CONFIRMED));
    }

    /** Whether it says that a contact is gone because the service did not find it. */
    static boolean isFrom404(List<String> line) {
        return line.get(HEADER.indexOf("outcome")).equals(lowerCase(DeleteOutcome.Kind.NOT_FOUND))
                || line.get(HEADER.indexOf("confirmation")).equals(lowerCase(Confirmation.INFERRED));
    }

    private static String confirmation(DeleteOutcome outcome) {
        return outcome instanceof DeleteOutcome.Deleted deleted ? lowerCase(deleted.confirmation()) : "";
    }

    private static String delivery(DeleteOutcome outcome) {
        return outcome instanceof DeleteOutcome.Failed failed && failed.error() instanceof CallException call
                ? lowerCase(call.delivery())
                : "";
    }

    private static String error(DeleteOutcome outcome) {
        return outcome instanceof DeleteOutcome.Failed failed ? message(failed.error()) : "";
    }

    /** What went wrong, in one line. */
    public static String message(CloseCrmException error) {
        return Objects.toString(error.getMessage(), error.code().name());
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
