package dev.closecrm.reactor.http;

import dev.closecrm.core.engine.response.AttemptResult;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Waits for one exchange on behalf of one caller: for its answer, its failure, its time limit, or the caller's cancel, whichever
 * comes first. What comes later changes nothing: the caller has been told.
 *
 * <p>A class of its own and not a chain of operators, for two reasons. Giving up has to happen on the connection's event loop:
 * elsewhere it may meet the answer, and Reactor Netty would close a connection that somebody else has leased by then. And every
 * call passes here; the operators it stands for allocate more (docs/decisions/one-exchange.md).
 */
final class OneExchange extends BaseSubscriber<AttemptResult> implements Runnable {

    private static final AtomicIntegerFieldUpdater<OneExchange> TOLD =
            AtomicIntegerFieldUpdater.newUpdater(OneExchange.class, "told");

    private final MonoSink<AttemptResult> caller;
    private final Outgoing outgoing;
    private final UnaryOperator<String> redact;
    private final Duration limit;
    private @Nullable Disposable timer;
    private volatile @Nullable AttemptResult answer;
    /** 1 once the caller has been told; a second value would go to the user's hook for dropped ones. */
    private volatile int told;

    OneExchange(MonoSink<AttemptResult> caller, Outgoing outgoing, UnaryOperator<String> redact, Duration limit) {
        this.caller = caller;
        this.outgoing = outgoing;
        this.redact = redact;
        this.limit = limit;
    }

    /** Arms the time limit. Call it before the exchange is subscribed to. */
    void startTimer(Scheduler scheduler) {
        timer = scheduler.schedule(this::outOfTime, limit.toNanos(), TimeUnit.NANOSECONDS);
        caller.onCancel(this::giveUp);
    }

    @Override
    public Context currentContext() {
        return Context.of(caller.contextView()).put(Outgoing.class, outgoing);
    }

    @Override
    protected void hookOnNext(AttemptResult result) {
        answer = result;
        // Told once the stack has unwound: by then the connection is back in the pool, and the caller's next call
        // leaves over it. Told at once, that call would wait for one of another event loop, and wake it up.
        onLoop(this);
    }

    @Override
    public void run() {
        tell(answer);
    }

    private void tell(@Nullable AttemptResult result) {
        if (TOLD.compareAndSet(this, 0, 1)) {
            caller.success(result);
        }
    }

    @Override
    protected void hookOnError(Throwable error) {
        if (answer != null) {
            // The answer was whole; what happens to its connection after it is not the caller's business.
            return;
        }
        tell(FaultReader.read(error, outgoing.reached(), outgoing.trace(), redact));
    }

    @Override
    protected void hookOnComplete() {
        if (answer == null) {
            // Never a success: nobody said that anything was deleted.
            hookOnError(new IllegalStateException("the exchange ended without an answer"));
        }
    }

    @Override
    protected void hookFinally(SignalType signal) {
        stopTimer();
    }

    private void outOfTime() {
        AttemptResult known = answer;
        if (known != null) {
            tell(known);
            return;
        }
        AttemptResult fault = FaultReader.read(
                new TimeoutException("not done within " + limit), outgoing.reached(), outgoing.trace(), redact);
        // First the connection, then the caller: what they do next may take its time, and may want its place.
        giveUp();
        tell(fault);
    }

    private void giveUp() {
        stopTimer();
        // Nothing that is not on its way by now may leave.
        outgoing.trace().settle();
        EventLoop loop = outgoing.loop();
        if (loop != null && loop.inEventLoop()) {
            cancel();
        } else {
            onLoop(this::cancel);
        }
    }

    private void onLoop(Runnable task) {
        EventLoop loop = outgoing.loop();
        if (loop == null) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException closing) {
            task.run();
        }
    }

    private void stopTimer() {
        Disposable armed = timer;
        if (armed != null) {
            armed.dispose();
        }
    }
}
