package dev.closecrm.cli;

import dev.closecrm.cli.progress.LastError;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.CloseCrmException;
import org.jspecify.annotations.Nullable;

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

    /**
     * The line.
     *
     * @param maxFailures how many failures the user allows, or null for any number
     */
    static String line(BulkAbortedException stopped, @Nullable Long maxFailures) {
        Throwable last = stopped.getCause();
        String status = last == null ? "" : " (" + LastError.clause(last) + ")";
        return "stopped: "
                + switch (stopped.reason()) {
                    case CREDENTIALS_REFUSED ->
                        "the service refused the credentials" + status + "; check the API key or token";
                    case PLAN_LIMIT -> "the plan of the organisation does not allow this" + status;
                    case NOT_SUPPORTED ->
                        "what stands at the base URL does not delete contacts" + status + "; check --base-url";
                    case FORBIDDEN ->
                        "the service refused one contact after the other" + status
                                + "; the user behind the key may not delete contacts";
                    case SUSPICIOUS_NOT_FOUND ->
                        "none of the first contacts was found; check that the key is of the organisation that has them;"
                                + " add --expect-not-found if they may be gone already";
                    case TOO_MANY_FAILED ->
                        (maxFailures != null && stopped.summary().failed() >= maxFailures
                                        ? "as many contacts failed as --max-failures allows"
                                        : "more than half of the contacts failed")
                                + status;
                    case OUTAGE ->
                        "the service was down for too long" + status + "; check --base-url, or try again later";
                    case CLIENT_DISPOSED -> "the run was interrupted";
                };
    }
}
