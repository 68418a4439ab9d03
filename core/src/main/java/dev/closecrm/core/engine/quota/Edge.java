package dev.closecrm.core.engine.quota;

/**
 * What is known about the moment at which the window ends: the earliest and the latest that agree with all that was seen. The
 * service's own clock is never read; a request meets it at some moment between when it left and when its answer came, and that
 * is why everything here is a span.
 *
 * @param known whether anything is known about the end of this window
 * @param lo the earliest end
 * @param hi the latest end
 * @param asOf when that was known; clocks drift apart from then on
 * @param window the length of the windows, or 0 while it is not known
 * @param given whether the service itself named the length
 * @param before whether the end of the window before this one is known
 * @param beforeLo the earliest end of that window
 * @param beforeHi the latest end of that window
 */
record Edge(
        boolean known,
        long lo,
        long hi,
        long asOf,
        long window,
        boolean given,
        boolean before,
        long beforeLo,
        long beforeHi) {

    static final Edge UNKNOWN = new Edge(false, 0, 0, 0, 0, false, false, 0, 0);

    static final long SECOND = 1_000_000_000L;

    /** Two good clocks lose a tenth of a millisecond per second against each other. */
    private static final long DRIFT = 10_000;

    long uncertainty() {
        return hi - lo;
    }

    /** The service says how long its windows are. */
    Edge ofLength(long length) {
        return length == window ? this : new Edge(known, lo, hi, asOf, length, true, before, beforeLo, beforeHi);
    }

    /**
     * An answer says that its window ends in this span. With windows of known length it does not matter which window that is.
     * What contradicts all that was known replaces it: the service has changed its windows.
     */
    Edge endsIn(long from, long to, long now) {
        if (window == 0) {
            return narrowed(from, to, now);
        }
        if (from > now + window) {
            // No window lasts longer than a window.
            return replaced(from, to, now);
        }
        if (to - from >= window) {
            return known ? this : narrowed(from, Math.min(to, from + window), now);
        }
        long shift = known ? shift(from, to) : 0;
        boolean moved = known && !aged(now).meets(from + shift, to + shift);
        return moved && to >= now ? replaced(from, to, now) : narrowed(from + shift, to + shift, now);
    }

    private boolean meets(long from, long to) {
        return Math.max(lo, from) <= Math.min(hi, to);
    }

    /** An answer showed that the window had not ended when its request was sent. */
    Edge notBefore(long time, long now) {
        return known && time > lo && time <= hi ? narrowed(time, hi, now) : this;
    }

    /** The window should have ended, and had not. */
    Edge missed(long time, long now) {
        return given
                ? new Edge(true, time, time + window, now, window, true, false, 0, 0)
                : new Edge(false, 0, 0, now, 0, false, false, 0, 0);
    }

    /** The window before this one ended within this span. */
    Edge began(long from, long to, long now) {
        if (window > 0) {
            return endsIn(from, to, now);
        }
        long earliest = Math.max(from, beforeLo);
        long latest = Math.min(to, beforeHi);
        return before && earliest <= latest
                ? new Edge(known, lo, hi, asOf, window, given, true, earliest, latest)
                : this;
    }

    /** Whether a span is that of a later end than the one that is waited for. */
    boolean isLater(long from, long to) {
        if (!known) {
            return false;
        }
        return window == 0 ? from > hi : to - from < window && shift(from, to) < 0;
    }

    /**
     * The end was passed, certainly within this span.
     *
     * @return what is known about the end of the next window
     */
    Edge passed(long from, long to, long now) {
        Edge end = known
                ? narrowed(from, to, now)
                : new Edge(true, from, to, now, window, given, before, beforeLo, beforeHi);
        long length = end.window > 0 ? end.window : wholeSeconds(end);
        return new Edge(length > 0, end.lo + length, end.hi + length, now, length, end.given, true, end.lo, end.hi);
    }

    /** The same after so many more windows have gone by. */
    Edge later(long windows, long now) {
        long by = windows * window;
        return new Edge(known, lo + by, hi + by, asOf, window, given, false, 0, 0).aged(now);
    }

    /** The two ends that were seen are so many seconds apart, if only one whole number agrees with both. */
    private static long wholeSeconds(Edge end) {
        if (!end.before) {
            return 0;
        }
        long least = Math.max(1, Math.floorDiv(end.lo - end.beforeHi + SECOND - 1, SECOND));
        long most = Math.floorDiv(end.hi - end.beforeLo, SECOND);
        return least == most ? least * SECOND : 0;
    }

    private long shift(long from, long to) {
        long apart = (lo + hi) / 2 - (from + to) / 2;
        return Math.floorDiv(apart + window / 2, window) * window;
    }

    private Edge narrowed(long from, long to, long now) {
        if (!known) {
            return new Edge(true, from, to, now, window, given, before, beforeLo, beforeHi);
        }
        Edge wide = aged(now);
        return wide.meets(from, to)
                ? new Edge(
                        true,
                        Math.max(wide.lo, from),
                        Math.min(wide.hi, to),
                        now,
                        window,
                        given,
                        before,
                        beforeLo,
                        beforeHi)
                : replaced(from, to, now);
    }

    private Edge replaced(long from, long to, long now) {
        return new Edge(true, from, to, now, given ? window : 0, given, false, 0, 0);
    }

    private Edge aged(long now) {
        long drift = Math.max(0, now - asOf) / DRIFT;
        return new Edge(known, lo - drift, hi + drift, now, window, given, before, beforeLo, beforeHi);
    }
}
