package dev.closecrm.core.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything the client reports as an error. Unchecked, sealed, and free of secrets: neither messages nor causes
 * built here hold a key or a token.
 */
public abstract sealed class CloseCrmException extends RuntimeException
        permits CallException, ClientDisposedException, BulkAbortedException {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    CloseCrmException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    /**
     * The kind of error, for switches, metrics and serialisation.
     *
     * @return the code
     */
    public ErrorCode code() {
        return code;
    }

    /**
     * Whether the same call may succeed later without anything being changed.
     *
     * @return true if calling again can help
     */
    public abstract boolean retryable();
}
