package dev.closecrm.cli;

import dev.closecrm.core.error.ApiException;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.CloseCrmException;

/** Says in one line why a run was stopped early. */
final class StopReason {

    private StopReason() {}

    /** Whether an error is one that stops a run, and so is told once and not for each contact. */
    static boolean isWhy(CloseCrmException error) {
        return switch (error.code()) {
            case UNAUTHORIZED, PAYMENT_REQUIRED, METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE -> true;
            default -> false;
        };
    }

    static String line(BulkAbortedException stopped) {
        String status = stopped.getCause() instanceof ApiException answer ? " (" + answer.status() + ")" : "";
        return "stopped: "
                + switch (stopped.reason()) {
                    case CREDENTIALS_REFUSED ->
                        "the service refused the credentials" + status + "; check the API key or token";
                    case PLAN_LIMIT -> "the plan of the organisation does not allow this" + status;
                    case NOT_SUPPORTED ->
                        "what stands at the base URL does not delete contacts" + status + "; check --base-url";
                    case CLIENT_DISPOSED -> "the run was interrupted";
                };
    }
}
