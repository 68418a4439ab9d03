package dev.closecrm.sandbox;

import java.util.LinkedHashMap;
import java.util.Map;

/** The forms in which servers tell of a rate limit. Times are whole seconds, rounded up. */
public enum HeaderForm {

    /** {@code RateLimit: limit=100, remaining=50, reset=5}: what the Close API documents (IETF draft 07). */
    DRAFT_07 {
        @Override
        Map<String, String> headers(Quota quota) {
            return Map.of(
                    "RateLimit",
                    "limit=" + quota.limit() + ", remaining=" + quota.remaining() + ", reset=" + quota.resetSeconds());
        }
    },

    /**
     * {@code RateLimit: "default";r=50;t=5} together with {@code RateLimit-Policy: "default";q=100;w=5}: the IETF drafts
     * from 08 on.
     */
    DRAFT_08 {
        @Override
        Map<String, String> headers(Quota quota) {
            return Map.of(
                    "RateLimit", "\"default\";r=" + quota.remaining() + ";t=" + quota.resetSeconds(),
                    "RateLimit-Policy", "\"default\";q=" + quota.limit() + ";w=" + quota.windowSeconds());
        }
    },

    /** {@code RateLimit-Limit}, {@code RateLimit-Remaining}, {@code RateLimit-Reset}: the IETF drafts up to 06. */
    SEPARATE {
        @Override
        Map<String, String> headers(Quota quota) {
            return three("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", quota);
        }
    },

    /** {@code x-rate-limit-limit}, {@code x-rate-limit-remaining}, {@code x-rate-limit-reset}: the oldest form. */
    X_RATE_LIMIT {
        @Override
        Map<String, String> headers(Quota quota) {
            return three("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", quota);
        }
    },

    /** No header tells of the limit. */
    NONE {
        @Override
        Map<String, String> headers(Quota quota) {
            return Map.of();
        }
    };

    abstract Map<String, String> headers(Quota quota);

    private static Map<String, String> three(String limit, String remaining, String reset, Quota quota) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(limit, Integer.toString(quota.limit()));
        headers.put(remaining, Integer.toString(quota.remaining()));
        headers.put(reset, Long.toString(quota.resetSeconds()));
        return headers;
    }
}
