package dev.closecrm.sandbox;

import java.time.Instant;
import java.util.Objects;

/**
 * Whether one delete with valid credentials was let in by the rate limit. Without a limit all are.
 *
 * @param at when it was decided, by the server's clock
 * @param credential the API key or access token that came with it
 * @param granted false if it was answered with a 429 of the rate limit
 */
public record Verdict(Instant at, String credential, boolean granted) {

    /** Checks the parts. */
    public Verdict {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(credential, "credential");
    }
}
