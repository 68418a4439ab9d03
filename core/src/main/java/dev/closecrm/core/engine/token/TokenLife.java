package dev.closecrm.core.engine.token;

import java.time.Duration;

/**
 * How long an access token is used, counted from the moment it was asked for.
 *
 * @param renewAfter when to ask for the next one
 * @param expiresAfter when it is not used any more
 */
public record TokenLife(Duration renewAfter, Duration expiresAfter) {

    /** By how much a renewal may come earlier still, so that many processes do not ask in the same second. */
    private static final double SPREAD = 0.25;

    /**
     * Plans the life of a token.
     *
     * @param expiresIn how long it is good for
     * @param ahead how long before its end to renew it; at most half of its life is taken
     * @param random from 0 to 1
     * @return the plan
     */
    public static TokenLife of(Duration expiresIn, Duration ahead, double random) {
        long life = Math.max(0, expiresIn.toNanos());
        // A token of a short life must not be renewed all the time.
        long early = Math.min(ahead.toNanos(), life / 2);
        long spread = (long) (early * SPREAD * random);
        return new TokenLife(Duration.ofNanos(life - early - spread), Duration.ofNanos(life));
    }

    /**
     * Plans the rest of the life of a token that was issued some time ago. How long its whole life is, nobody knows; so nothing is
     * halved, and it may be time at once.
     *
     * @param left how long it is still good for
     * @param ahead how long before its end to renew it
     * @return the plan
     */
    public static TokenLife ofRest(Duration left, Duration ahead) {
        long life = Math.max(0, left.toNanos());
        return new TokenLife(Duration.ofNanos(Math.max(0, life - ahead.toNanos())), Duration.ofNanos(life));
    }

    /**
     * Whether to ask for the next one.
     *
     * @param ageNanos how long ago this one was asked for
     * @return true if it is time
     */
    public boolean due(long ageNanos) {
        return ageNanos >= renewAfter.toNanos();
    }

    /**
     * Whether its time is over.
     *
     * @param ageNanos how long ago it was asked for
     * @return true if it must not be used
     */
    public boolean over(long ageNanos) {
        return ageNanos >= expiresAfter.toNanos();
    }
}
