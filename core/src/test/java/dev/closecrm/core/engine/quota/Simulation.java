package dev.closecrm.core.engine.quota;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Clients, a network and a {@link ModelServer} in virtual time: events are taken in the order of their moments and nothing waits.
 * Everything depends on the seed alone.
 */
final class Simulation {

    static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** How the whole seconds in the headers come about. */
    enum Rounding {
        UP,
        DOWN,
        NEAREST,
        NOT_SAID
    }

    private record Event(long time, long order, Runnable what) {}

    final Random random;
    private final ModelServer server;
    private final double latencyMillis;
    private final Rounding rounding;
    private final boolean bodies;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.time != b.time ? Long.compare(a.time, b.time) : Long.compare(a.order, b.order));
    private final List<Long> refusedAt = new ArrayList<>();
    private final List<Long> grantedAt = new ArrayList<>();
    private final List<Long> strangersAt = new ArrayList<>();
    private long order;
    private long now;
    private long slowUntil;

    Simulation(long seed, ModelServer server, double latencyMillis, Rounding rounding, boolean bodies) {
        this.random = new Random(seed);
        this.server = server;
        this.latencyMillis = latencyMillis;
        this.rounding = rounding;
        this.bodies = bodies;
    }

    long now() {
        return now;
    }

    /** Processes that have just begun are slow: nothing arrives before then. */
    void slowUntil(long time) {
        slowUntil = time;
    }

    void at(long time, Runnable what) {
        events.add(new Event(Math.max(now, time), order++, what));
    }

    void runUntil(long end) {
        while (!events.isEmpty() && events.peek().time <= end) {
            Event next = events.remove();
            now = next.time;
            next.what.run();
        }
        now = end;
    }

    private long oneWay() {
        return (long) (latencyMillis * 1e6 / 2 * (0.6 + 0.8 * random.nextDouble()));
    }

    /** Sends a request; the answer comes after the way there and back. */
    void exchange(int key, java.util.function.Consumer<ModelServer.Answer> whenAnswered) {
        at(Math.max(now, slowUntil) + oneWay(), () -> {
            ModelServer.Answer answer = server.serve(now, key);
            (answer.refused() ? refusedAt : grantedAt).add(now);
            at(now + oneWay(), () -> whenAnswered.accept(answer));
        });
    }

    /** Somebody else who uses the same quota at random moments, and never waits. */
    void stranger(int key, double perSecond) {
        at(now + (long) (-Math.log(1 - random.nextDouble()) / perSecond * SECOND), () -> {
            if (!server.serve(now, key).refused()) {
                strangersAt.add(now);
            }
            stranger(key, perSecond);
        });
    }

    @Nullable QuotaReading reading(ModelServer.Answer answer) {
        if (answer.limit() == 0) {
            return null;
        }
        boolean body = answer.refused() && bodies;
        Duration reset = body ? Duration.ofNanos(answer.untilEnd()) : header(answer);
        return new QuotaReading(answer.limit(), answer.remaining(), reset, body, null, QuotaReading.Scope.UNSAID);
    }

    private @Nullable Duration header(ModelServer.Answer answer) {
        double seconds = (double) answer.untilEnd() / SECOND;
        return switch (rounding) {
            case UP -> Duration.ofSeconds((long) Math.ceil(seconds));
            case DOWN -> Duration.ofSeconds((long) seconds);
            case NEAREST -> Duration.ofSeconds(Math.round(seconds));
            case NOT_SAID -> null;
        };
    }

    @Nullable Duration retryAfter(ModelServer.Answer answer) {
        return answer.limit() == 0 ? null : Duration.ofSeconds((long) Math.ceil((double) answer.untilEnd() / SECOND));
    }

    long granted(long from, long to) {
        return grantedAt.stream().filter(t -> t >= from && t < to).count();
    }

    long refused(long from, long to) {
        return refusedAt.stream().filter(t -> t >= from && t < to).count();
    }

    /** What was used between two moments of what the service grants, by all; and which part of what we sent was refused. */
    Outcome between(long from, long to) {
        long ours = granted(from, to);
        long others = strangersAt.stream().filter(t -> t >= from && t < to).count();
        long refused = refused(from, to);
        return new Outcome(
                100.0 * (ours + others) / server.granted(from, to), 100.0 * refused / Math.max(1, ours + refused));
    }

    /** Both in percent. */
    record Outcome(double used, double refused) {}

    /** Something that sends requests as fast as it may, up to 32 at a time. */
    abstract class Client {
        private static final int MOST_IN_FLIGHT = 32;

        long wanted = Long.MAX_VALUE;
        long done;
        long doneAt;
        private int inFlight;
        private long timerAt = Long.MAX_VALUE;
        boolean dead;
        private long pausedUntil;

        /** Lets one go: returns what has to be done with the answer, or null if it has to wait. */
        abstract java.util.function.@Nullable Consumer<ModelServer.Answer> next();

        abstract int key();

        /** When to ask again, if no answer comes before. */
        abstract long askAgainAt();

        void start(long time) {
            at(time, this::pump);
        }

        /** The process stands still: answers that come meanwhile are seen when it goes on. */
        void pause(long until) {
            pausedUntil = until;
            at(until, this::pump);
        }

        void pump() {
            if (dead || now < pausedUntil) {
                return;
            }
            while (inFlight < MOST_IN_FLIGHT && done + inFlight < wanted) {
                java.util.function.Consumer<ModelServer.Answer> then = next();
                if (then == null) {
                    wake(askAgainAt());
                    return;
                }
                inFlight++;
                exchange(key(), answer -> at(Math.max(now, pausedUntil), () -> arrived(answer, then)));
            }
        }

        private void arrived(ModelServer.Answer answer, java.util.function.Consumer<ModelServer.Answer> then) {
            inFlight--;
            if (dead) {
                return;
            }
            if (!answer.refused()) {
                done++;
                doneAt = now;
            }
            then.accept(answer);
            pump();
        }

        private void wake(long time) {
            if (time == Long.MAX_VALUE || (timerAt <= time && timerAt > now)) {
                return;
            }
            timerAt = time;
            at(time, this::pump);
        }
    }

    /** Asks a book. */
    final class BookClient extends Client {
        final QuotaBook book;
        private int key;

        BookClient(QuotaBook book) {
            this.book = book;
        }

        @Override
        java.util.function.@Nullable Consumer<ModelServer.Answer> next() {
            Sending sending = book.trySend(QuotaBook.ANY_KEY, now, false);
            if (sending == null) {
                return null;
            }
            key = sending.key();
            return answer -> {
                if (answer.refused()) {
                    book.refused(sending, now, reading(answer), retryAfter(answer));
                } else {
                    book.answered(sending, now, reading(answer));
                }
            };
        }

        @Override
        int key() {
            return key;
        }

        @Override
        long askAgainAt() {
            long in = book.nextIn(QuotaBook.ANY_KEY, now, false);
            return in == QuotaBook.UNTIL_ANSWERED ? Long.MAX_VALUE : now + in;
        }
    }

    /** Sends until it is refused, then waits as long as it is told. */
    final class NaiveClient extends Client {
        private final int keys;
        private int key;
        private long waitUntil;

        NaiveClient(int keys) {
            this.keys = keys;
        }

        @Override
        java.util.function.@Nullable Consumer<ModelServer.Answer> next() {
            if (now < waitUntil) {
                return null;
            }
            key = (key + 1) % keys;
            return answer -> {
                if (answer.refused()) {
                    Duration wait = retryAfter(answer);
                    waitUntil = now + (wait == null ? SECOND : wait.toNanos());
                }
            };
        }

        @Override
        int key() {
            return key;
        }

        @Override
        long askAgainAt() {
            return waitUntil;
        }
    }
}
