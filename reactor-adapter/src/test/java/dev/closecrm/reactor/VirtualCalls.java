package dev.closecrm.reactor;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.RetryOptions;
import dev.closecrm.core.engine.quota.QuotaBook;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.engine.response.ResponseHeaders;
import dev.closecrm.core.engine.response.ResponseReader;
import dev.closecrm.core.engine.retry.RetryBudget;
import dev.closecrm.core.engine.retry.RetryPolicy;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.auth.CredentialsSource;
import dev.closecrm.reactor.auth.KeyRing;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.reactor.bulk.BulkRun;
import dev.closecrm.reactor.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Calls in virtual time, against a service that is a function from the number of a request, from 1, to an answer in words: "ok",
 * "404", a status with the seconds it asks to wait ("503:3"), "fault", "untrusted", "unseen", or "silent". An answer that begins
 * with "HTTP" is read as it stands: the status, a header in each line, an empty line, the body.
 */
public final class VirtualCalls {

    /** What was sent, and when. */
    public record Sent(String id, Duration at, Duration limit, String authorization) {}

    public static final double LONGEST = Math.nextDown(1.0);

    private static final ResponseReader READER = new ResponseReader(text -> text);

    public final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    public final List<Sent> sent = new ArrayList<>();
    /** The random number of every wait. */
    public double random = LONGEST;

    /** A source of random numbers in place of that one. */
    public DoubleSupplier randoms = () -> random;

    public CredentialsSource credentials = CredentialsSource.fixed(Credentials.apiKey("k"));
    public Duration latency = Duration.ZERO;

    final RetryOptions options;
    final RetryBudget budget;
    final PermitGate gate;
    final Lane lane;
    final DeleteCall call;
    private final Function<Integer, String> service;

    public VirtualCalls(RetryOptions options, int permits, Function<Integer, String> service) {
        this(options, QuotaOptions.none(), permits, service);
    }

    /** With quota, too. */
    public VirtualCalls(RetryOptions options, QuotaOptions quota, int permits, Function<Integer, String> service) {
        this(options, quota, null, permits, service);
    }

    /** With several keys. */
    static VirtualCalls withKeys(ApiKeys keys, QuotaOptions quota, String... answers) {
        return new VirtualCalls(
                RetryOptions.defaults(),
                quota,
                KeyRing.of(keys),
                32,
                number -> answers[Math.min(number, answers.length) - 1]);
    }

    private VirtualCalls(
            RetryOptions options,
            QuotaOptions quota,
            @Nullable KeyRing several,
            int permits,
            Function<Integer, String> service) {
        this.options = options;
        this.service = service;
        this.budget = new RetryBudget(options.budget(), options.retryCost());
        this.gate = new PermitGate(permits, 10_000);
        CredentialsSource later = new CredentialsSource() {
            @Override
            public @Nullable Credentials ready() {
                return credentials.ready();
            }

            @Override
            public Mono<Credentials> current() {
                return credentials.current();
            }

            @Override
            public Mono<Credentials> afterRefusal(Credentials refused) {
                return credentials.afterRefusal(refused);
            }
        };
        KeyRing keys = several == null ? KeyRing.of(later) : several;
        int count = keys.size();
        this.lane =
                new Lane(gate, new QuotaBook(quota, count, () -> 0), count, time, () -> time.now(TimeUnit.NANOSECONDS));
        this.call = new DeleteCall(
                lane,
                keys,
                exchange(),
                new RetryPolicy(options),
                budget,
                new DeleteCall.Limits(options.callTimeout(), Duration.ofSeconds(15)),
                time,
                () -> time.now(TimeUnit.NANOSECONDS),
                () -> randoms.getAsDouble());
    }

    /** With the default options, and one answer after the other; the last one for ever. */
    public static VirtualCalls answering(String... answers) {
        return new VirtualCalls(RetryOptions.defaults(), 32, number -> answers[Math.min(number, answers.length) - 1]);
    }

    /** A run of 32 items in flight, with the default options. */
    Flux<DeleteResult<String>> run(Flux<String> ids) {
        return run(ids, 32, BulkOptions.defaults());
    }

    Flux<DeleteResult<String>> run(Flux<String> ids, int concurrency, BulkOptions<String> options) {
        return BulkRun.of(
                ids,
                id -> id,
                new TenantCalls(call, lane, time, () -> time.now(TimeUnit.NANOSECONDS)),
                concurrency,
                options);
    }

    /** Begins a call; what it ended with is looked up in the value that this returns. */
    Ending begin(String id) {
        Ending ending = new Ending();
        ending.subscription = call.delete(ContactId.of(id)).subscribe(ending.ends::add, ending.errors::add);
        return ending;
    }

    public Duration now() {
        return Duration.ofNanos(time.now(TimeUnit.NANOSECONDS));
    }

    private Exchange exchange() {
        return (id, on, limit) -> Mono.defer(() -> {
            sent.add(new Sent(id.value(), now(), limit, on.authorization()));
            String answer = service.apply(sent.size());
            if (answer.equals("silent")) {
                return Mono.delay(limit, time).thenReturn(fault(true, Prospect.TRANSIENT, Delivery.UNKNOWN));
            }
            Mono<AttemptResult> result = Mono.just(result(answer));
            return latency.isZero() ? result : Mono.delay(latency, time).then(result);
        });
    }

    static AttemptResult result(String text) {
        return switch (text) {
            case "ok" -> new AttemptResult.Deleted(200);
            case "404" -> new AttemptResult.NotFound(ErrorResponse.of(404));
            case "fault" -> fault(false, Prospect.TRANSIENT, Delivery.UNKNOWN);
            case "refused" -> fault(false, Prospect.TRANSIENT, Delivery.NOT_SENT);
            case "untrusted" -> fault(false, Prospect.PERMANENT, Delivery.NOT_SENT);
            case "unseen" -> fault(false, Prospect.UNPROCESSED, Delivery.NOT_SENT);
            default -> text.startsWith("HTTP") ? read(text) : answer(text.split(":"));
        };
    }

    private static AttemptResult read(String text) {
        String[] headAndBody = text.split("\n\n", 2);
        List<String> head = headAndBody[0].lines().toList();
        ResponseHeaders headers = new ResponseHeaders() {
            @Override
            public List<String> all(String name) {
                return head.stream()
                        .filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
                        .map(line -> line.substring(name.length() + 2))
                        .toList();
            }

            @Override
            public @Nullable String first(String name) {
                return all(name).stream().findFirst().orElse(null);
            }
        };
        byte[] body = headAndBody.length == 1 ? new byte[0] : headAndBody[1].getBytes(StandardCharsets.UTF_8);
        return READER.read(Integer.parseInt(head.get(0).substring("HTTP ".length())), headers, body, true, 0);
    }

    private static AttemptResult fault(boolean timedOut, Prospect prospect, Delivery delivery) {
        Phase phase = delivery == Delivery.NOT_SENT ? Phase.CONNECT : Phase.EXCHANGE;
        return new AttemptResult.Faulted(phase, timedOut, delivery, prospect, "cut", null);
    }

    private static AttemptResult answer(String[] statusAndWait) {
        int status = Integer.parseInt(statusAndWait[0]);
        Refusal refusal = switch (status) {
            case 400 -> Refusal.BAD_REQUEST;
            case 401 -> Refusal.UNAUTHORIZED;
            case 403 -> Refusal.FORBIDDEN;
            case 429 -> Refusal.RATE_LIMITED;
            default -> status == 408 || status / 100 == 5 ? Refusal.SERVER_ERROR : Refusal.UNEXPECTED;
        };
        Duration wait = statusAndWait.length == 1 ? null : Duration.ofSeconds(Long.parseLong(statusAndWait[1]));
        return new AttemptResult.Refused(refusal, ErrorResponse.of(status), wait);
    }
}
