package dev.closecrm.benchmarks.quota;

import java.util.List;

/**
 * One thing to measure, and where it must be.
 *
 * @param name what selects it on the command line
 * @param limit the requests per key and window
 * @param windowSeconds the length of a window
 * @param keys how many keys the clients have
 * @param limiter as {@code closecrm sandbox --limiter} takes it
 * @param header as {@code closecrm sandbox --header} takes it
 * @param processes how many clients
 * @param ids how many ids each of them gets, or 0 for more than it can delete: then the clock ends the case
 * @param strangerShare the part of the limit that somebody else asks for
 * @param killed whether one client is killed on the way
 * @param leastUsed the target, in percent of what is allowed
 * @param mostRefused the target, in percent of what is sent
 */
record QuotaCase(
        String name,
        int limit,
        int windowSeconds,
        int keys,
        String limiter,
        String header,
        int processes,
        int ids,
        double strangerShare,
        boolean killed,
        double leastUsed,
        double mostRefused) {

    /** The windows within which the share of a killed client must be in use again. */
    static final int RECOVERY_WINDOWS = 10;

    static List<QuotaCase> all() {
        return List.of(
                // The first windows of a cold start weigh much in so few: what counts there is the time it takes.
                new QuotaCase("one-100-5", 100, 5, 1, "fixed", "draft07", 1, 900, 0, false, 98, 0.1),
                new QuotaCase("one-long", 100, 5, 1, "fixed", "draft07", 1, 2000, 0, false, 99, 0.1),
                new QuotaCase("one-60-1", 60, 1, 1, "fixed", "draft07", 1, 1500, 0, false, 99, 0.1),
                new QuotaCase("three", 100, 5, 1, "fixed", "draft07", 3, 0, 0, false, 99, 0.5),
                new QuotaCase("six", 100, 5, 1, "fixed", "draft07", 6, 0, 0, false, 99, 0.5),
                new QuotaCase("keys", 100, 5, 3, "fixed", "draft07", 1, 0, 0, false, 99, 0.5),
                new QuotaCase("stranger", 100, 5, 1, "fixed", "draft07", 1, 0, 0.3, false, 97, 2),
                new QuotaCase("killed", 60, 1, 1, "fixed", "draft07", 3, 0, 0, true, 99, 0.5),
                new QuotaCase("no-headers", 100, 5, 1, "fixed", "none", 1, 0, 0, false, 0, 100),
                new QuotaCase("sliding", 100, 5, 1, "sliding", "draft07", 1, 0, 0, false, 90, 2));
    }

    /** What all keys together may do in one window. */
    int allowed() {
        return limit * keys;
    }
}
