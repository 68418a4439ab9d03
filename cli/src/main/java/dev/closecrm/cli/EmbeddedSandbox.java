package dev.closecrm.cli;

import static java.util.Objects.requireNonNull;

import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.HeaderForm;
import dev.closecrm.sandbox.RateLimit;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The stand-in for the service that runs inside this process. The only class here that knows the sandbox. */
final class EmbeddedSandbox implements AutoCloseable {

    /** The names of the limiters, as a user types them. */
    private static final Map<String, RateLimit.Kind> LIMITERS = Map.of(
            "fixed", RateLimit.Kind.FIXED_WINDOW,
            "sliding", RateLimit.Kind.SLIDING_WINDOW,
            "bucket", RateLimit.Kind.TOKEN_BUCKET,
            "burst", RateLimit.Kind.BURST_WINDOW);

    /** The names of the forms of header, as a user types them. */
    private static final Map<String, HeaderForm> HEADERS = Map.of(
            "draft07", HeaderForm.DRAFT_07,
            "draft08", HeaderForm.DRAFT_08,
            "separate", HeaderForm.SEPARATE,
            "x", HeaderForm.X_RATE_LIMIT,
            "none", HeaderForm.NONE);

    /**
     * What one is to be like.
     *
     * @param port the port, or 0 for a free one
     * @param contacts how many contacts there are
     * @param keys how many API keys of one organisation, at least 1
     * @param latency how long answers are held back
     * @param limit the rate limit, or null for none
     * @param log where verdicts are written, or null
     */
    record Plan(
            int port,
            int contacts,
            int keys,
            Duration latency,
            @Nullable Limit limit,
            @Nullable VerdictLog log) {}

    /**
     * How many requests it lets in.
     *
     * @param perKey the requests of one key in a window
     * @param perOrganisation the requests of all keys together, or null for three times as many
     * @param window the length of the window
     * @param limiter one of {@link #LIMITERS}
     * @param header one of {@link #HEADERS}
     */
    record Limit(int perKey, @Nullable Integer perOrganisation, Duration window, String limiter, String header) {

        private RateLimit rateLimit() {
            RateLimit limit = RateLimit.perKey(perKey, window)
                    .kind(requireNonNull(LIMITERS.get(limiter)))
                    .header(requireNonNull(HEADERS.get(header)));
            return perOrganisation == null ? limit : limit.perOrganisation(perOrganisation);
        }
    }

    private final CloseCrmSandbox sandbox;
    private final List<String> apiKeys;

    private EmbeddedSandbox(CloseCrmSandbox sandbox, List<String> apiKeys) {
        this.sandbox = sandbox;
        this.apiKeys = apiKeys;
    }

    /** Starts one on a free port. */
    static EmbeddedSandbox start(int contacts) {
        return start(new Plan(0, contacts, 1, Duration.ZERO, null, null));
    }

    static EmbeddedSandbox start(Plan plan) {
        CloseCrmSandbox.Builder builder = CloseCrmSandbox.builder()
                .port(plan.port())
                .contacts(plan.contacts())
                .latency(plan.latency())
                // Beside HTTP/1.1: --http2 is for trying out, too.
                .http2();
        List<String> apiKeys = keys(plan.keys());
        apiKeys.forEach(builder::apiKey);
        if (plan.limit() != null) {
            builder.rateLimit(plan.limit().rateLimit());
        }
        VerdictLog log = plan.log();
        if (log != null) {
            builder.onVerdict(
                    verdict -> log.add(verdict.at(), apiKeys.indexOf(verdict.credential()) + 1, verdict.granted()));
        }
        return new EmbeddedSandbox(builder.start(), apiKeys);
    }

    private static List<String> keys(int count) {
        return count == 1
                ? List.of("api_sandbox.key")
                : IntStream.rangeClosed(1, count)
                        .mapToObj(i -> "api_sandbox.key" + i)
                        .toList();
    }

    static SortedSet<String> limiters() {
        return new TreeSet<>(LIMITERS.keySet());
    }

    static SortedSet<String> headers() {
        return new TreeSet<>(HEADERS.keySet());
    }

    URI baseUrl() {
        return sandbox.baseUrl();
    }

    String apiKey() {
        return apiKeys.get(0);
    }

    List<String> apiKeys() {
        return apiKeys;
    }

    List<String> contactIds() {
        return sandbox.contactIds();
    }

    @Override
    public void close() {
        sandbox.close();
    }
}
