package dev.closecrm.reactor.bulk;

import dev.closecrm.core.error.CloseCrmException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a bulk run tells of an outage of the service.
 *
 * @param kind what has happened
 * @param nextProbeIn how long until the run tries again; zero when it does not wait any more
 * @param cause the last failure that looked like it, or null if it is over
 */
public record OutageEvent(
        Kind kind, Duration nextProbeIn, @Nullable CloseCrmException cause) {

    /** What has happened. */
    public enum Kind {
        /** The service is down: the run sends nothing but probes. */
        BEGAN,
        /** A probe has failed. */
        STILL_DOWN,
        /** The service answers, and the run goes on. */
        ENDED,
        /** The run has waited for as long as it may, and ends. */
        GIVEN_UP
    }
}
