package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.json.BoundedJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * The body of an error in any of the shapes the API uses: {@code {"errors": […], "field-errors": {…}}},
 * {@code {"error": "text"}}, {@code {"error": {…}}} with numbers on 429. Anything else is kept as text. Reading never fails.
 *
 * @param isObject whether the body is one JSON object and nothing else
 * @param messages the error texts
 * @param fieldErrors the error text for each field
 * @param rate what the body says of the quota
 */
record ErrorBody(boolean isObject, List<String> messages, Map<String, String> fieldErrors, RateFields rate) {

    private static final int MAX_TEXT = 2048;

    static ErrorBody read(byte[] body) {
        if (body.length == 0) {
            return new ErrorBody(false, List.of(), Map.of(), RateFields.NONE);
        }
        JsonNode root = BoundedJson.read(body);
        return root != null && root.isObject() ? fromObject(root) : fromText(body);
    }

    /** The same with every text run through a function. */
    ErrorBody map(UnaryOperator<String> function) {
        Map<String, String> mapped = new LinkedHashMap<>();
        fieldErrors.forEach((field, text) -> mapped.put(function.apply(field), function.apply(text)));
        return new ErrorBody(isObject, messages.stream().map(function).toList(), mapped, rate);
    }

    private static ErrorBody fromObject(JsonNode root) {
        List<String> messages = new ArrayList<>();
        Map<String, String> fieldErrors = new LinkedHashMap<>();
        addTexts(root.path("error"), messages);
        addTexts(root.path("errors"), messages);
        JsonNode fields = root.path("field-errors");
        if (fields.isObject()) {
            fields.properties().forEach(field -> fieldErrors.put(field.getKey(), text(field.getValue())));
        } else {
            addTexts(fields, messages);
        }
        return new ErrorBody(true, messages, fieldErrors, RateFields.read(root));
    }

    private static void addTexts(JsonNode node, List<String> into) {
        if (node.isArray()) {
            node.forEach(element -> addTexts(element, into));
        } else if (!node.isMissingNode() && !node.isNull()) {
            into.add(text(node));
        }
    }

    private static String text(JsonNode node) {
        JsonNode message = node.path("message");
        return node.isString() ? node.stringValue() : message.isString() ? message.stringValue() : node.toString();
    }

    private static ErrorBody fromText(byte[] body) {
        String text = new String(body, 0, Math.min(body.length, 4 * MAX_TEXT), StandardCharsets.UTF_8).strip();
        return new ErrorBody(false, text.isEmpty() ? List.of() : List.of(text), Map.of(), RateFields.NONE);
    }
}
