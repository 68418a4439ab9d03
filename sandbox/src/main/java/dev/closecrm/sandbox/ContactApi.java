package dev.closecrm.sandbox;

import dev.closecrm.sandbox.Accounts.Caller;
import dev.closecrm.sandbox.Fault.Deleting;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * What happens to a request, in this order: path, method, credentials, rate limit, fault, id, delete, latency, answer.
 *
 * <p>Ids are judged here by a rule of the sandbox's own, so that a mistake in the client's is not repeated by its tests.
 */
final class ContactApi implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

    private static final Pattern PATH = Pattern.compile("/api/v1/contact/([^/?]+)/(?:\\?.*)?");
    private static final Pattern ID = Pattern.compile("cont_[0-9A-Za-z]{1,64}");

    private final Accounts accounts;
    private final LongSupplier clock;
    private final Consumer<Verdict> verdicts;
    private final Faults faults;
    private final Ledger ledger;
    private final Duration latency;
    private final Scheduler timer;
    private volatile @Nullable Limiter limiter;
    private final AtomicLong requestNumber = new AtomicLong();

    ContactApi(
            Accounts accounts,
            @Nullable RateLimit rateLimit,
            LongSupplier clock,
            Consumer<Verdict> verdicts,
            Faults faults,
            Ledger ledger,
            Duration latency,
            Scheduler timer) {
        this.accounts = accounts;
        this.limiter = rateLimit == null ? null : new Limiter(rateLimit, clock);
        this.clock = clock;
        this.verdicts = verdicts;
        this.faults = faults;
        this.ledger = ledger;
        this.latency = latency;
        this.timer = timer;
    }

    /** From now on, and with nothing used yet. */
    void limit(RateLimit rateLimit) {
        limiter = new Limiter(rateLimit, clock);
    }

    @Override
    public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
        Matcher path = PATH.matcher(request.uri());
        String id = path.matches() ? path.group(1) : null;
        boolean wellFormed = id != null && ID.matcher(id).matches();
        Exchange exchange = ledger.arrived(wellFormed ? id : null);
        response.withConnection(connection -> Wire.of(connection.channel()).begin(exchange));
        return answer(request, response, id, wellFormed);
    }

    private Mono<Void> answer(
            HttpServerRequest request, HttpServerResponse response, @Nullable String id, boolean wellFormed) {
        response.header("X-Request-Id", "req_" + requestNumber.incrementAndGet());
        if (id == null) {
            return after(latency, () -> send(response, Answer.noSuchPath(), Shape.PLAIN));
        }
        if (!request.method().equals(HttpMethod.DELETE)) {
            Answer answer = Answer.methodNotAllowed(request.method().name());
            boolean head = request.method().equals(HttpMethod.HEAD);
            Answer fitting = head ? new Answer(answer.status(), answer.headers(), "") : answer;
            return after(latency, () -> send(response, fitting, Shape.PLAIN));
        }
        Caller caller = accounts.find(request.requestHeaders().get(HttpHeaderNames.AUTHORIZATION));
        if (caller == null) {
            return after(latency, () -> send(response, Answer.unauthorized(), Shape.PLAIN));
        }
        Limiter present = limiter;
        if (present == null) {
            tell(caller, true);
        } else {
            Quota quota = present.ask(caller);
            tell(caller, quota.granted());
            present.headers(quota).forEach(response::header);
            if (!quota.granted()) {
                ledger.refused();
                Answer refusal = present.refusal(quota);
                return after(latency, () -> send(response, refusal, Shape.PLAIN));
            }
        }
        return carryOut(response, id, wellFormed, faults.strike(id));
    }

    private void tell(Caller caller, boolean granted) {
        verdicts.accept(new Verdict(ServerClock.instant(clock.getAsLong()), caller.credential(), granted));
    }

    private Mono<Void> carryOut(HttpServerResponse response, String id, boolean wellFormed, Fault fault) {
        if (!fault.equals(Fault.NONE)) {
            ledger.struck();
        }
        Answer early = fault.deleting() == Deleting.AT_ONCE ? delete(id, wellFormed) : null;
        return after(fault.delay(), () -> {
            Answer late = fault.deleting() == Deleting.AFTER_DELAY ? delete(id, wellFormed) : null;
            Answer answer = fault.answerInPlaceOf(early != null ? early : late);
            // A fault that neither deletes nor brings an answer loses it; any will do.
            Answer chosen = answer != null ? answer : Answer.deleted();
            // What disowns all later streams must come before there are any.
            Duration heldBack = fault.shape().equals(Shape.GOING_AWAY) ? Duration.ZERO : latency;
            return after(heldBack, () -> send(response, chosen, fault.shape()));
        });
    }

    private Answer delete(String id, boolean wellFormed) {
        if (!wellFormed) {
            return Answer.notAnId(id);
        }
        return ledger.delete(id) ? Answer.deleted() : Answer.noSuchContact();
    }

    private Mono<Void> send(HttpServerResponse response, Answer answer, Shape shape) {
        response.status(answer.status()).keepAlive(!shape.equals(Shape.HANGING_UP));
        answer.headers().forEach(response::header);
        response.withConnection(connection -> Wire.of(connection.channel()).expect(shape, answer.status()));
        byte[] body = answer.bytes();
        return body.length == 0
                ? response.send()
                : response.sendByteArray(Mono.just(body)).then();
    }

    private Mono<Void> after(Duration delay, Supplier<Mono<Void>> next) {
        return delay.isZero() ? next.get() : Mono.delay(delay, timer).then(Mono.defer(next));
    }
}
