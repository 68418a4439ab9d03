package dev.closecrm.core.engine.response;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Answers as tests write them. */
final class Reading {

    static final ResponseReader READER = new ResponseReader(UnaryOperator.identity());

    /** Sun, 06 Nov 1994 08:49:37 GMT. */
    static final long RECEIVED = 784_111_777_000L;

    private Reading() {}

    static AttemptResult read(int status, String body) {
        return read(status, Map.of(), body);
    }

    static AttemptResult read(int status, Map<String, String> headers, String body) {
        return READER.read(status, headers(headers), body.getBytes(StandardCharsets.UTF_8), true, RECEIVED);
    }

    static ResponseHeaders headers(Map<String, String> headers) {
        Map<String, List<String>> lines = new HashMap<>();
        headers.forEach((name, value) -> lines.put(name.toLowerCase(Locale.ROOT), List.of(value)));
        return new Lines(lines);
    }

    /** Headers by their names in lower case. */
    record Lines(Map<String, List<String>> lines) implements ResponseHeaders {
        @Override
        public List<String> all(String name) {
            return lines.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        }

        @Override
        public @Nullable String first(String name) {
            List<String> values = all(name);
            return values.isEmpty() ? null : values.get(0);
        }
    }
}
