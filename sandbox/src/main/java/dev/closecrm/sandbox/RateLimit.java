package dev.closecrm.sandbox;

import java.time.Duration;
import java.util.Objects;

/**
 * A limit on requests, for each key and for each organisation, in fixed windows unless another {@link Kind} is asked for. A
 * refused request costs nothing.
 *
 * <p>Fixed windows begin at whole multiples of their length since 1970 by the server's clock: those of five seconds at :00, :05,
 * :10 and so on. The headers and the body of a 429 describe whichever of the two limits has less left.
 *
 * @param perKey the requests that one key or access token may make in one window, at least 1
 * @param perOrganisation the requests that all keys of one organisation may make together, at least 1
 * @param window the length of a window, at least 1 ms
 * @param header how the answers tell of the limit
 * @param retryAfter whether a 429 carries {@code Retry-After}, in whole seconds rounded up
 * @param kind how requests are counted
 */
public record RateLimit(
        int perKey, int perOrganisation, Duration window, HeaderForm header, boolean retryAfter, Kind kind) {

    /** How a limiter counts. The reset that it reports is the time until more requests are allowed. */
    public enum Kind {

        /** The full limit is there again when a window begins; what was not used is lost. */
        FIXED_WINDOW,

        /** No stretch of time as long as the window has more than the limit: each request gives its place back alone. */
        SLIDING_WINDOW,

        /** The limit refills evenly, in one window from nothing to all of it. */
        TOKEN_BUCKET,

        /** As fixed windows, and what was not used is added to the next, up to twice the limit in all. */
        BURST_WINDOW
    }

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if a limit is below 1 or the window below 1 ms
     */
    public RateLimit {
        Objects.requireNonNull(window, "window");
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(kind, "kind");
        if (perKey < 1 || perOrganisation < 1) {
            throw new IllegalArgumentException("limits must be at least 1, but are " + perKey + " per key and "
                    + perOrganisation + " per organisation");
        }
        if (window.compareTo(Duration.ofMillis(1)) < 0 || window.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("the window must be from 1 ms to 1 day, but is " + window);
        }
    }

    /**
     * A limit in fixed windows.
     *
     * @param perKey the requests that one key or access token may make in one window, at least 1
     * @param perOrganisation the requests that all keys of one organisation may make together, at least 1
     * @param window the length of a window, at least 1 ms
     * @param header how the answers tell of the limit
     * @param retryAfter whether a 429 carries {@code Retry-After}, in whole seconds rounded up
     */
    public RateLimit(int perKey, int perOrganisation, Duration window, HeaderForm header, boolean retryAfter) {
        this(perKey, perOrganisation, window, header, retryAfter, Kind.FIXED_WINDOW);
    }

    /**
     * Limits each key, and each organisation to three times as much, as the service does. The headers have the form of
     * {@link HeaderForm#DRAFT_07}, and a 429 carries {@code Retry-After}.
     *
     * @param perKey the requests per key and window, at least 1
     * @param window the length of a window, at least 1 ms
     * @return the limit
     */
    public static RateLimit perKey(int perKey, Duration window) {
        int perOrganisation = (int) Math.min(Integer.MAX_VALUE, 3L * perKey);
        return new RateLimit(perKey, perOrganisation, window, HeaderForm.DRAFT_07, true);
    }

    /**
     * The same with another limit for the organisation.
     *
     * @param perOrganisation the requests per organisation and window, at least 1
     * @return the new limit
     */
    public RateLimit perOrganisation(int perOrganisation) {
        return new RateLimit(perKey, perOrganisation, window, header, retryAfter, kind);
    }

    /**
     * The same with headers of another form.
     *
     * @param header the form
     * @return the new limit
     */
    public RateLimit header(HeaderForm header) {
        return new RateLimit(perKey, perOrganisation, window, header, retryAfter, kind);
    }

    /**
     * The same with or without {@code Retry-After} on a 429.
     *
     * @param retryAfter whether to send it
     * @return the new limit
     */
    public RateLimit retryAfter(boolean retryAfter) {
        return new RateLimit(perKey, perOrganisation, window, header, retryAfter, kind);
    }

    /**
     * The same with another way of counting.
     *
     * @param kind how requests are counted
     * @return the new limit
     */
    public RateLimit kind(Kind kind) {
        return new RateLimit(perKey, perOrganisation, window, header, retryAfter, kind);
    }
}
