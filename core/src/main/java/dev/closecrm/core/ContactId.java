package dev.closecrm.core;

import dev.closecrm.core.error.InvalidContactIdException;
import java.util.Objects;

/**
 * The id of one contact: {@code cont_} followed by 1 to 64 ASCII letters or digits, exactly as the Close API prints it.
 *
 * <p>Nothing is trimmed, decoded or repaired. Whatever could reach another resource once it stands in a URL
 * ({@code ../lead/lead_x}, {@code a?b}, {@code %2e}, the id of a lead, a line break) is refused here, before a URL exists.
 *
 * @param value the id as text
 */
public record ContactId(String value) {

    private static final String PREFIX = "cont_";
    private static final int MAX_SUFFIX = 64;

    /**
     * Accepts the text or refuses it.
     *
     * @throws InvalidContactIdException if the text is not a contact id
     */
    public ContactId {
        Objects.requireNonNull(value, "value");
        if (!isContactId(value)) {
            throw new InvalidContactIdException(value);
        }
    }

    /**
     * Reads a contact id.
     *
     * @param value the id as text
     * @return the id
     * @throws InvalidContactIdException if the text is anything but a contact id
     */
    public static ContactId of(String value) {
        return new ContactId(value);
    }

    /** The bare id, so that it can be put into messages. */
    @Override
    public String toString() {
        return value;
    }

    private static boolean isContactId(String text) {
        int suffix = text.length() - PREFIX.length();
        if (suffix < 1 || suffix > MAX_SUFFIX || !text.startsWith(PREFIX)) {
            return false;
        }
        for (int i = PREFIX.length(); i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit) {
                return false;
            }
        }
        return true;
    }
}
