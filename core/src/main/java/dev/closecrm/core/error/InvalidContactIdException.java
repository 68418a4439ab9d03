package dev.closecrm.core.error;

import org.jspecify.annotations.Nullable;

/** What was handed in is not a contact id. It was refused before a URL existed; nothing was sent. */
public final class InvalidContactIdException extends CallException {

    private static final long serialVersionUID = 1L;

    private static final int SHOWN = 80;

    /**
     * Names the text that was refused.
     *
     * @param rejected the text; null if there was none
     */
    public InvalidContactIdException(@Nullable String rejected) {
        this(rejected, null);
    }

    /**
     * Names the text that was refused, and why there is none if the caller's own code threw.
     *
     * @param rejected the text; null if there was none
     * @param cause what the caller's extractor threw, or null
     */
    public InvalidContactIdException(@Nullable String rejected, @Nullable Throwable cause) {
        super(ErrorCode.INVALID_CONTACT_ID, message(rejected, cause), cause, rejected, 0, Delivery.NOT_SENT);
    }

    /** Never: the text stays what it is. */
    @Override
    public boolean retryable() {
        return false;
    }

    private static String message(@Nullable String rejected, @Nullable Throwable cause) {
        if (cause != null) {
            return "the contact id could not be read from the item: " + Excerpt.of(cause.toString(), SHOWN)
                    + " (nothing was sent)";
        }
        return "not a contact id: " + (rejected == null ? "null" : '"' + Excerpt.of(rejected, SHOWN) + '"')
                + " (expected cont_ and 1 to 64 letters or digits; nothing was sent)";
    }
}
