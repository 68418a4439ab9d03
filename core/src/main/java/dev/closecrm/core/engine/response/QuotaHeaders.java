package dev.closecrm.core.engine.response;

import static dev.closecrm.core.engine.response.QuotaNumber.longer;
import static dev.closecrm.core.engine.response.QuotaNumber.smaller;

import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.quota.QuotaReading.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of an answer say of the quota, in whichever of the forms that the IETF drafts on {@code RateLimit} have had, or
 * in the one before them. What cannot be read is as if it were not there; of two values that differ, the one counts that permits
 * less.
 *
 * @param limit the requests per window, at least 1, or null
 * @param remaining what is left of them, or null
 * @param reset how long until the window ends, in whole seconds of unknown rounding, or null
 * @param window the length of the window, or null
 */
record QuotaHeaders(
        @Nullable Integer limit,
        @Nullable Integer remaining,
        @Nullable Duration reset,
        @Nullable Duration window) {

    static final QuotaHeaders NONE = new QuotaHeaders(null, null, null, null);

    private static final String FIELD = "ratelimit";
    private static final String POLICY = "ratelimit-policy";
    private static final String LIMIT = "ratelimit-limit";
    private static final String REMAINING = "ratelimit-remaining";
    private static final String RESET = "ratelimit-reset";
    private static final String OLD_LIMIT = "x-rate-limit-limit";
    private static final String OLD_REMAINING = "x-rate-limit-remaining";
    private static final String OLD_RESET = "x-rate-limit-reset";

    /**
     * Reads the headers. Where there are none it costs three look-ups and no memory.
     *
     * @param headers the headers
     * @param refused whether the answer refuses for want of quota; then the end of the window is worth knowing on its own
     * @return what they say, or {@link #NONE}
     */
    static QuotaHeaders read(ResponseHeaders headers, boolean refused) {
        boolean field = headers.first(FIELD) != null;
        QuotaHeaders said = field ? inOne(headers) : NONE;
        if (said.saysSomething()) {
            return said;
        }
        boolean separate = headers.first(REMAINING) != null || (refused && headers.first(RESET) != null);
        if (separate) {
            return separate(headers, LIMIT, REMAINING, RESET);
        }
        // The oldest form counts only alone: a service that has gone on to a newer one may send other numbers in it.
        boolean old = !field && (headers.first(OLD_REMAINING) != null || (refused && headers.first(OLD_RESET) != null));
        return old ? separate(headers, OLD_LIMIT, OLD_REMAINING, OLD_RESET) : NONE;
    }

    /**
     * What the book of the quota is told. It keeps one account for each limit, so without a limit there is nothing to tell: to take
     * {@code remaining} for one would open an account with every answer. Such a service is met as one that says nothing, and a
     * refusal as one that says only how long to wait.
     */
    @Nullable QuotaReading reading() {
        return limit == null || remaining == null
                ? null
                : new QuotaReading(limit, remaining, reset, false, window, Scope.UNSAID);
    }

    private boolean saysSomething() {
        return remaining != null || reset != null;
    }

    private static QuotaHeaders inOne(ResponseHeaders headers) {
        List<FieldMember> members = FieldMember.read(headers.all(FIELD));
        if (members.isEmpty()) {
            return NONE;
        }
        List<Policy> policies = Policy.read(headers.all(POLICY));
        return members.get(0).value() == null ? list(members, policies) : dictionary(members, policies);
    }

    /** Draft 07: {@code limit=100, remaining=50, reset=5}. */
    private static QuotaHeaders dictionary(List<FieldMember> members, List<Policy> policies) {
        Integer limit = null;
        Integer remaining = null;
        Duration reset = null;
        for (FieldMember member : members) {
            switch (member.name()) {
                case "limit" -> limit = smaller(limit, QuotaNumber.limit(member.value()));
                case "remaining" -> remaining = smaller(remaining, QuotaNumber.count(member.value()));
                case "reset" -> reset = longer(reset, QuotaNumber.seconds(member.value()));
                default -> {}
            }
        }
        return of(limit, remaining, reset, policies);
    }

    /** From draft 08 on: {@code "name";r=50;t=5}, and the limit of that name in the policy. */
    private static QuotaHeaders list(List<FieldMember> members, List<Policy> policies) {
        String name = "";
        Integer remaining = null;
        Duration reset = null;
        for (FieldMember member : members) {
            Integer left = QuotaNumber.count(member.parameter("r"));
            Duration until = QuotaNumber.seconds(member.parameter("t"));
            if (member.value() == null && isScarcer(left, until, remaining, reset)) {
                name = member.name();
                remaining = left;
                reset = until;
            }
        }
        Policy policy = Policy.named(policies, name);
        return policy == null
                ? new QuotaHeaders(null, remaining, reset, null)
                : new QuotaHeaders(policy.quota(), remaining, reset, policy.window());
    }

    /** Of several policies the one binds that has the least left; where they are even, the one that is refilled last. */
    private static boolean isScarcer(
            @Nullable Integer left, @Nullable Duration until, @Nullable Integer than, @Nullable Duration thanUntil) {
        if (Objects.equals(left, than)) {
            return until != null && (thanUntil == null || until.compareTo(thanUntil) > 0);
        }
        return than == null || (left != null && left < than);
    }

    /** Up to draft 06: a header for each; that of the limit may go on with policies, {@code 100, 100;w=10}. */
    private static QuotaHeaders separate(
            ResponseHeaders headers, String limitName, String remainingName, String resetName) {
        List<String> limits = headers.all(limitName);
        Integer limit = null;
        for (FieldMember member : FieldMember.read(limits)) {
            limit = member.parameter("w") == null ? smaller(limit, QuotaNumber.limit(member.name())) : limit;
        }
        Integer remaining = null;
        for (FieldMember member : FieldMember.read(headers.all(remainingName))) {
            remaining = smaller(remaining, QuotaNumber.count(member.name()));
        }
        Duration reset = null;
        for (FieldMember member : FieldMember.read(headers.all(resetName))) {
            reset = longer(reset, QuotaNumber.seconds(member.name()));
        }
        List<Policy> policies = new ArrayList<>(Policy.read(limits));
        policies.addAll(Policy.read(headers.all(POLICY)));
        return of(limit, remaining, reset, policies);
    }

    private static QuotaHeaders of(
            @Nullable Integer said, @Nullable Integer remaining, @Nullable Duration reset, List<Policy> policies) {
        Integer limit = said == null ? Policy.smallest(policies) : said;
        return new QuotaHeaders(limit, remaining, reset, limit == null ? null : Policy.windowOf(policies, limit));
    }

    /**
     * What a service lets through in a window: {@code 100;w=10}, or {@code "name";q=100;w=10}.
     *
     * @param name its name; the quota itself in the older form
     * @param quota the requests per window, at least 1
     * @param window the length of the window, or null
     */
    private record Policy(String name, int quota, @Nullable Duration window) {

        static List<Policy> read(List<String> lines) {
            List<Policy> policies = new ArrayList<>(1);
            for (FieldMember member : FieldMember.read(lines)) {
                String quota = member.parameter("q");
                Integer read = QuotaNumber.limit(quota == null ? member.name() : quota);
                if (read != null && member.value() == null) {
                    Duration window = QuotaNumber.positive(QuotaNumber.seconds(member.parameter("w")));
                    policies.add(new Policy(member.name(), read, window));
                }
            }
            return policies;
        }

        /** The one of a name; of several the smallest. */
        static @Nullable Policy named(List<Policy> policies, String name) {
            Policy found = null;
            for (Policy policy : policies) {
                if (policy.name.equals(name) && (found == null || policy.quota < found.quota)) {
                    found = policy;
                }
            }
            return found;
        }

        static @Nullable Integer smallest(List<Policy> policies) {
            Integer smallest = null;
            for (Policy policy : policies) {
                smallest = smaller(smallest, policy.quota);
            }
            return smallest;
        }

        static @Nullable Duration windowOf(List<Policy> policies, int quota) {
            Duration window = null;
            for (Policy policy : policies) {
                window = policy.quota == quota ? longer(window, policy.window) : window;
            }
            return window;
        }
    }
}
