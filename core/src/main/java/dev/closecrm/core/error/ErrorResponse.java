package dev.closecrm.core.error;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an answer other than success said, as plain values. Texts are cut to 2 KiB in all and freed of control characters,
 * since they come from elsewhere and end up in logs.
 *
 * @param status the HTTP status
 * @param messages the error texts, in the order of the body; empty if it had none
 * @param fieldErrors the error text for each field the service complained about; empty if none
 * @param requestId the id the service gave to the request, or null
 */
public record ErrorResponse(
        int status,
        List<String> messages,
        Map<String, String> fieldErrors,
        @Nullable String requestId) implements Serializable {

    private static final int KEPT_CHARS = 2048;
    private static final int KEPT_REQUEST_ID = 128;

    /** Copies, cuts and cleans what it is given. */
    public ErrorResponse {
        int left = KEPT_CHARS;
        List<String> keptMessages = new ArrayList<>();
        for (String message : messages) {
            if (left <= 0) {
                break;
            }
            String kept = Excerpt.of(message, left);
            keptMessages.add(kept);
            left -= kept.length();
        }
        Map<String, String> keptErrors = new LinkedHashMap<>();
        for (Map.Entry<String, String> error : fieldErrors.entrySet()) {
            if (left <= 0) {
                break;
            }
            String field = Excerpt.of(error.getKey(), left);
            String kept = Excerpt.of(error.getValue(), left);
            keptErrors.put(field, kept);
            left -= field.length() + kept.length();
        }
        messages = List.copyOf(keptMessages);
        fieldErrors = Collections.unmodifiableMap(keptErrors);
        requestId = requestId == null ? null : Excerpt.of(requestId, KEPT_REQUEST_ID);
    }

    /**
     * An answer that said nothing but its status.
     *
     * @param status the HTTP status
     * @return a response without texts
     */
    public static ErrorResponse of(int status) {
        return new ErrorResponse(status, List.of(), Map.of(), null);
    }
}
