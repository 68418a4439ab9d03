package dev.closecrm.core.engine.json;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON within limits. */
public final class BoundedJson {

    /** The most bytes of a body that are read; what is longer is not an answer of the API. */
    public static final int MAX_BODY_BYTES = 64 * 1024;

    /** Deeper nesting than any answer of the API; the limit keeps a hostile body from exhausting the stack. */
    private static final int MAX_NESTING = 16;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_NESTING)
                            .maxDocumentLength(MAX_BODY_BYTES)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private BoundedJson() {}

    /**
     * Makes Jackson look up what it needs, once, where waiting does no harm: its first reading takes locks, and event loops
     * that met there would block each other.
     */
    public static void prepare() {
        read("{\"error\": {\"rate_reset\": 1.5}}".getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a body.
     *
     * @param body the bytes
     * @return the tree, or null if the body is not one JSON document within the limits
     */
    public static @Nullable JsonNode read(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException notJson) {
            return null;
        }
    }
}
