package dev.closecrm.reactor;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** A timer that knows what is still to come: it keeps whoever has set it in memory until then. */
final class SetTimers implements Scheduler {

    private final Scheduler timer;
    private final Set<Object> toCome = ConcurrentHashMap.newKeySet();

    SetTimers(Scheduler timer) {
        this.timer = timer;
    }

    /** How many have neither rung nor been taken off. */
    int toCome() {
        return toCome.size();
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        Object one = new Object();
        toCome.add(one);
        Disposable set = timer.schedule(
                () -> {
                    toCome.remove(one);
                    task.run();
                },
                delay,
                unit);
        return () -> {
            toCome.remove(one);
            set.dispose();
        };
    }

    @Override
    public Disposable schedule(Runnable task) {
        return timer.schedule(task);
    }

    @Override
    public Worker createWorker() {
        return timer.createWorker();
    }

    @Override
    public long now(TimeUnit unit) {
        return timer.now(unit);
    }
}
