package dev.closecrm.core;

import dev.closecrm.core.error.CloseCrmException;
import java.util.Objects;
import java.util.function.Function;

/**
 * How a call ended. Five cases, and {@link #fold} makes the compiler check that each is handled:
 *
 * <pre>{@code
 * String line = outcome.fold(
 *         deleted -> "deleted",
 *         notFound -> "was not there",
 *         failed -> failed.error().getMessage(),
 *         notAttempted -> "not sent: " + notAttempted.reason(),
 *         duplicate -> "same as item " + duplicate.firstIndex());
 * }</pre>
 */
public sealed interface DeleteOutcome {

    /**
     * The contact existed and is deleted.
     *
     * @param confirmation how this is known
     */
    record Deleted(Confirmation confirmation) implements DeleteOutcome {
        /** Refuses null. */
        public Deleted {
            Objects.requireNonNull(confirmation, "confirmation");
        }

        @Override
        public Kind kind() {
            return Kind.DELETED;
        }
    }

    /** The service answered that there is no such contact, and no attempt of this call can have removed it. */
    record NotFound() implements DeleteOutcome {
        @Override
        public Kind kind() {
            return Kind.NOT_FOUND;
        }
    }

    /**
     * The call failed. Whether the contact may be gone all the same is told by
     * {@link dev.closecrm.core.error.CallException#delivery()} of the error.
     *
     * @param error why
     */
    record Failed(CloseCrmException error) implements DeleteOutcome {
        /** Refuses null. */
        public Failed {
            Objects.requireNonNull(error, "error");
        }

        @Override
        public Kind kind() {
            return Kind.FAILED;
        }
    }

    /**
     * No attempt was made, so nothing was deleted by this call.
     *
     * @param reason why not
     */
    record NotAttempted(Reason reason) implements DeleteOutcome {
        /** Refuses null. */
        public NotAttempted {
            Objects.requireNonNull(reason, "reason");
        }

        @Override
        public Kind kind() {
            return Kind.NOT_ATTEMPTED;
        }
    }

    /**
     * The same id came earlier in the same bulk run and was not sent again. Emitted when the first one has ended.
     *
     * @param firstIndex the index of the first item with this id
     * @param outcome how that one ended; never itself a duplicate. For an item that an earlier run may have sent
     *     ({@code BulkOptions.maybeSentBefore}), a contact that was not there is inferred to be deleted
     */
    record Duplicate(long firstIndex, DeleteOutcome outcome) implements DeleteOutcome {
        /** Refuses null, and a duplicate of a duplicate. */
        public Duplicate {
            Objects.requireNonNull(outcome, "outcome");
            if (outcome instanceof Duplicate) {
                throw new IllegalArgumentException(
                        "a duplicate names the outcome of the first item, not another duplicate");
            }
        }

        @Override
        public Kind kind() {
            return Kind.DUPLICATE;
        }
    }

    /** The cases as an enum, for serialisation and metrics. */
    enum Kind {
        /** {@link Deleted}. */
        DELETED,
        /** {@link NotFound}. */
        NOT_FOUND,
        /** {@link Failed}. */
        FAILED,
        /** {@link NotAttempted}. */
        NOT_ATTEMPTED,
        /** {@link Duplicate}. */
        DUPLICATE
    }

    /** Why nothing was sent for an item. */
    enum Reason {
        /** The bulk run was ended early, by an answer that no further item could have survived or by a rule of its options. */
        ABORTED,
        /** The service was down for longer than the bulk run waits. */
        OUTAGE,
        /** The bulk run was stopped in order, as its options asked for. */
        STOPPED,
        /** The client was disposed. */
        CLIENT_DISPOSED
    }

    /**
     * Which case this is.
     *
     * @return the case
     */
    Kind kind();

    /**
     * Calls the one function that belongs to this case.
     *
     * @param deleted for {@link Deleted}
     * @param notFound for {@link NotFound}
     * @param failed for {@link Failed}
     * @param notAttempted for {@link NotAttempted}
     * @param duplicate for {@link Duplicate}
     * @param <R> what the functions return
     * @return what the function returned
     */
    default <R> R fold(
            Function<? super Deleted, ? extends R> deleted,
            Function<? super NotFound, ? extends R> notFound,
            Function<? super Failed, ? extends R> failed,
            Function<? super NotAttempted, ? extends R> notAttempted,
            Function<? super Duplicate, ? extends R> duplicate) {
        if (this instanceof Deleted it) {
            return deleted.apply(it);
        }
        if (this instanceof NotFound it) {
            return notFound.apply(it);
        }
        if (this instanceof Failed it) {
            return failed.apply(it);
        }
        if (this instanceof NotAttempted it) {
            return notAttempted.apply(it);
        }
        return duplicate.apply((Duplicate) this);
    }
}
