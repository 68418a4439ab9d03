package dev.closecrm.core.engine.response;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

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
        return name -> headers.containsKey(name.toLowerCase(Locale.ROOT))
                ? List.of(headers.get(name.toLowerCase(Locale.ROOT)))
                : List.of();
    }
}
