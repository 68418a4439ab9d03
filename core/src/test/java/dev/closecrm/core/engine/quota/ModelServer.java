package dev.closecrm.core.engine.quota;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** A service with a quota, as a model. Shares no code with what it tests: it keeps its own time, in nanoseconds of its own clock. */
interface ModelServer {

    /**
     * What a request meets.
     *
     * @param refused whether it was refused
     * @param limit the limit that is nearer to exhaustion; 0 if the service names none
     * @param remaining what is left of it
     * @param untilEnd nanoseconds until its window ends
     */
    record Answer(boolean refused, int limit, int remaining, long untilEnd) {}

    Answer serve(long now, int key);

    /** How many requests it grants between two moments. */
    double granted(long from, long to);

    /** The first moment from then on at which a window begins. */
    default long windowFrom(long time) {
        return time;
    }

    /** Windows of fixed length; a refused request costs nothing. */
    class FixedWindow implements ModelServer {
        private final LongToDoubleFunction limit;
        private final long window;
        private final double burst;
        private final long restartAt;
        private final long restartBy;
        private final long phase;
        private long current = Long.MIN_VALUE;
        private int left;

        FixedWindow(int limit, long window, long phase) {
            this(time -> limit, window, phase, 1, Long.MAX_VALUE, 0);
        }

        /** From {@code restartAt} on, the windows begin {@code restartBy} later. */
        FixedWindow(LongToDoubleFunction limit, long window, long phase, double burst, long restartAt, long restartBy) {
            this.limit = limit;
            this.window = window;
            this.phase = phase;
            this.burst = burst;
            this.restartAt = restartAt;
            this.restartBy = restartBy;
        }

        private long phase(long now) {
            return now < restartAt ? phase : phase + restartBy;
        }

        @Override
        public Answer serve(long now, int key) {
            refill(now);
            boolean refused = left == 0;
            left -= refused ? 0 : 1;
            return new Answer(refused, limit(now), left, untilEnd(now));
        }

        boolean empty(long now) {
            refill(now);
            return left == 0;
        }

        int left() {
            return left;
        }

        int limit(long now) {
            return (int) limit.applyAsDouble(now);
        }

        long untilEnd(long now) {
            return window - Math.floorMod(now - phase(now), window);
        }

        private void refill(long now) {
            long index = Math.floorDiv(now - phase(now), window) + (now < restartAt ? 0 : 1_000_000);
            if (index != current) {
                int kept = current == Long.MIN_VALUE ? 0 : left;
                left = Math.min((int) (limit(now) * burst), kept + limit(now));
                current = index;
            }
        }

        @Override
        public double granted(long from, long to) {
            double sum = 0;
            for (long time = from; time < to; time += window) {
                sum += limit(time) * Math.min(1.0, (double) (to - time) / window);
            }
            return sum;
        }

        @Override
        public long windowFrom(long time) {
            return time + Math.floorMod(phase(time) - time, window);
        }
    }

    /** A limit for each key and one for all of them; answers describe the one of which less is left. */
    class Organisation implements ModelServer {
        private final FixedWindow all;
        private final List<FixedWindow> keys;

        Organisation(FixedWindow all, List<FixedWindow> keys) {
            this.all = all;
            this.keys = keys;
        }

        @Override
        public Answer serve(long now, int key) {
            FixedWindow own = keys.get(key);
            if (own.empty(now)) {
                return own.serve(now, key);
            }
            Answer ofAll = all.serve(now, key);
            if (ofAll.refused()) {
                return ofAll;
            }
            Answer ofKey = own.serve(now, key);
            return ofKey.remaining() <= ofAll.remaining() ? ofKey : ofAll;
        }

        @Override
        public double granted(long from, long to) {
            return all.granted(from, to);
        }

        @Override
        public long windowFrom(long time) {
            return all.windowFrom(time);
        }
    }

    /** At most so many requests in any span of the window's length. */
    class SlidingWindow implements ModelServer {
        private final int limit;
        private final long window;
        private final Deque<Long> log = new ArrayDeque<>();

        SlidingWindow(int limit, long window) {
            this.limit = limit;
            this.window = window;
        }

        @Override
        public Answer serve(long now, int key) {
            while (!log.isEmpty() && now - log.peekFirst() >= window) {
                log.removeFirst();
            }
            boolean refused = log.size() >= limit;
            if (!refused) {
                log.addLast(now);
            }
            return new Answer(refused, limit, limit - log.size(), window - (now - log.getFirst()));
        }

        @Override
        public double granted(long from, long to) {
            return (double) limit * (to - from) / window;
        }
    }

    /** Grows all the time up to the limit. */
    class TokenBucket implements ModelServer {
        private final int limit;
        private final double perNano;
        private double tokens;
        private long asOf = Long.MIN_VALUE;

        TokenBucket(int limit, long window) {
            this.limit = limit;
            this.perNano = (double) limit / window;
            this.tokens = limit;
        }

        @Override
        public Answer serve(long now, int key) {
            tokens = asOf == Long.MIN_VALUE ? limit : Math.min(limit, tokens + (now - asOf) * perNano);
            asOf = now;
            boolean refused = tokens < 1;
            tokens -= refused ? 0 : 1;
            double missing = refused ? 1 - tokens : limit - tokens;
            return new Answer(refused, limit, (int) tokens, (long) (missing / perNano));
        }

        @Override
        public double granted(long from, long to) {
            return (to - from) * perNano;
        }
    }

    /** No limit, and nothing said about one. */
    class Unlimited implements ModelServer {
        @Override
        public Answer serve(long now, int key) {
            return new Answer(false, 0, 0, 0);
        }

        @Override
        public double granted(long from, long to) {
            return Double.NaN;
        }
    }

    /** Refuses beyond its limit, but never says anything about it, not even how long to wait. */
    class Mute implements ModelServer {
        private final ModelServer server;

        Mute(ModelServer server) {
            this.server = server;
        }

        @Override
        public Answer serve(long now, int key) {
            return new Answer(server.serve(now, key).refused(), 0, 0, 0);
        }

        @Override
        public double granted(long from, long to) {
            return server.granted(from, to);
        }
    }
}
