package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.quota.QuotaReading.Scope;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the body of a 429 says of the quota: {@code rate_limit}, {@code rate_window}, {@code rate_reset} and
 * {@code rate_limit_type}, below {@code error}, or at the top in older answers.
 *
 * @param limit the requests per window, at least 1, or null
 * @param window the length of the window, or null
 * @param reset how long until the window ends, not rounded, or null
 * @param scope whose limit it is
 */
record RateFields(
        @Nullable Integer limit,
        @Nullable Duration window,
        @Nullable Duration reset,
        Scope scope) {

    static final RateFields NONE = new RateFields(null, null, null, Scope.UNSAID);

    static RateFields read(JsonNode root) {
        return new RateFields(
                QuotaNumber.limit(number(root, "rate_limit")),
                QuotaNumber.positive(QuotaNumber.seconds(number(root, "rate_window"))),
                QuotaNumber.seconds(number(root, "rate_reset")),
                scope(field(root, "rate_limit_type")));
    }

    private static JsonNode field(JsonNode root, String name) {
        JsonNode value = root.path("error").path(name);
        return value.isMissingNode() ? root.path(name) : value;
    }

    /** Not-a-number if there is none. */
    private static double number(JsonNode root, String name) {
        JsonNode value = field(root, name);
        // A number too large for a double is not one the service would mean.
        return value.isNumber() ? value.asDouble(Double.NaN) : Double.NaN;
    }

    private static Scope scope(JsonNode type) {
        return switch (type.isString() ? type.stringValue().toLowerCase(Locale.ROOT) : "") {
            case "key" -> Scope.KEY;
            case "organization", "organisation" -> Scope.ORGANISATION;
            default -> Scope.UNSAID;
        };
    }
}
