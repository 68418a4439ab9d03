package dev.closecrm.sandbox;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer before it is encoded.
 *
 * @param status the status code
 * @param headers the headers, without {@code Content-Length}
 * @param body the body, which may be empty
 */
record Answer(int status, Map<String, String> headers, String body) {

    private static final String JSON = "application/json";

    static Answer deleted() {
        return json(200, "{}");
    }

    static Answer noSuchContact() {
        return error(404, "The contact was not found.");
    }

    static Answer noSuchPath() {
        return error(404, "The URL was not found. Contacts are at /api/v1/contact/{id}/, with the slash at the end.");
    }

    static Answer methodNotAllowed(String method) {
        return error(405, "The method " + method + " is not supported here.").with("Allow", "DELETE");
    }

    static Answer unauthorized() {
        return error(401, "The API key or access token is missing or not valid.")
                .with("WWW-Authenticate", "Basic realm=\"Close\"");
    }

    static Answer notAnId(String id) {
        return json(
                400, "{\"errors\": [], \"field-errors\": {\"id\": " + quoted("Not the id of a contact: " + id) + "}}");
    }

    static Answer tooManyRequests(Quota quota, boolean retryAfter) {
        String body = "{\"error\": {\"message\": \"Too many requests.\""
                + ", \"rate_limit\": " + quota.limit()
                + ", \"rate_limit_type\": " + quoted(quota.type())
                + ", \"rate_reset\": "
                + BigDecimal.valueOf((quota.resetNanos() + 999) / 1000, 6).toPlainString()
                + ", \"rate_window\": "
                + BigDecimal.valueOf(quota.windowNanos(), 9)
                        .stripTrailingZeros()
                        .toPlainString()
                + ", \"rate_endpoint_group\": \"DELETE /api/v1/contact/{id}/\"}}";
        Answer answer = json(429, body);
        return retryAfter ? answer.with("Retry-After", Long.toString(quota.resetSeconds())) : answer;
    }

    static Answer error(int status, String text) {
        return json(status, "{\"error\": " + quoted(text) + "}");
    }

    static Answer html(int status) {
        String title = status + " from something in between";
        return new Answer(
                status,
                Map.of("Content-Type", "text/html"),
                "<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n");
    }

    /** With a content type to match: JSON if the body begins like it, none if it is empty, else plain text. */
    static Answer of(int status, String body) {
        if (body.isEmpty()) {
            return new Answer(status, Map.of(), "");
        }
        boolean json = body.startsWith("{") || body.startsWith("[");
        return new Answer(status, Map.of("Content-Type", json ? JSON : "text/plain; charset=utf-8"), body);
    }

    Answer with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Answer(status, more, body);
    }

    byte[] bytes() {
        return body.getBytes(StandardCharsets.UTF_8);
    }

    private static Answer json(int status, String body) {
        return new Answer(status, Map.of("Content-Type", JSON), body);
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
