package dev.closecrm.cli.progress;

import dev.closecrm.core.error.ApiException;
import dev.closecrm.core.error.CallException;

/** The last error of many, in a clause. */
public final class LastError {

    private LastError() {}

    /**
     * A status, or what went wrong without what is said of the contact in front and behind.
     *
     * @param error the error
     * @return for brackets
     */
    public static String clause(Throwable error) {
        if (error instanceof ApiException answer) {
            return Integer.toString(answer.status());
        }
        String text = String.valueOf(error.getMessage());
        if (error instanceof CallException call) {
            text = text.replace("deleting " + call.contactId() + ": ", "")
                    .replaceFirst(" \\(\\d+ attempts?; [^()]*\\)$", "");
        }
        return text;
    }
}
