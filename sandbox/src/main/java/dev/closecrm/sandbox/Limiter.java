package dev.closecrm.sandbox;

import dev.closecrm.sandbox.Accounts.Caller;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts requests per key and per organisation. A request needs room in both; one that is refused takes nothing from either.
 * What is reported is the limit with less left, the key's if they are even.
 */
final class Limiter {

    private final RateLimit rateLimit;
    private final long windowNanos;
    private final LongSupplier clock;
    private final Map<String, Allowance> keys = new HashMap<>();
    private final Map<String, Allowance> organisations = new HashMap<>();

    Limiter(RateLimit rateLimit, LongSupplier clock) {
        this.rateLimit = rateLimit;
        this.windowNanos = rateLimit.window().toNanos();
        this.clock = clock;
    }

    synchronized Quota ask(Caller caller) {
        long now = clock.getAsLong();
        Allowance key = keys.computeIfAbsent(
                caller.credential(), any -> Allowance.of(rateLimit.kind(), rateLimit.perKey(), windowNanos));
        Allowance organisation = organisations.computeIfAbsent(
                caller.organisation(), any -> Allowance.of(rateLimit.kind(), rateLimit.perOrganisation(), windowNanos));
        boolean granted = key.remaining(now) > 0 && organisation.remaining(now) > 0;
        if (granted) {
            key.take(now);
            organisation.take(now);
        }
        boolean byKey = key.remaining(now) <= organisation.remaining(now);
        Allowance nearer = byKey ? key : organisation;
        return new Quota(
                granted,
                byKey ? "key" : "organization",
                nearer.limit(),
                nearer.remaining(now),
                nearer.untilMore(now),
                windowNanos);
    }

    Map<String, String> headers(Quota quota) {
        return rateLimit.header().headers(quota);
    }

    Answer refusal(Quota quota) {
        return Answer.tooManyRequests(quota, rateLimit.retryAfter());
    }
}
