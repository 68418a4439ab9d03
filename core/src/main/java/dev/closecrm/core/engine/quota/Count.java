package dev.closecrm.core.engine.quota;

import org.jspecify.annotations.Nullable;

/**
 * What was sent in the window, and what is certainly left of it: what the newest answer showed, less all that was sent after that
 * request. What is under way counts as used.
 *
 * @param traffic all requests so far
 * @param window which of them belong to this window
 * @param sight what its answers show
 */
record Count(Traffic traffic, Window window, Sight sight) {

    /** So many earlier requests may meet the service later than the one whose answer is relied upon. */
    private static final long OVERTAKEN = 2;

    /**
     * All requests so far.
     *
     * @param sent how many were sent
     * @param sentAt when the last one was sent
     * @param settled of how many it is known what became of them
     * @param late how many were sent so late in this window that the service may count them in the next one
     */
    record Traffic(long sent, long sentAt, long settled, long late) {

        /** How many have not been answered yet. */
        long underWay() {
            return Math.max(0, sent - settled);
        }
    }

    /**
     * One window.
     *
     * @param start when it began, as late as it can have been
     * @param all how much was left when it began
     * @param before how many requests had been sent before it began
     * @param carried how many of these the service may have counted in it
     * @param from the first request that certainly belongs to it
     * @param returned how many of its requests never left
     */
    record Window(long start, int all, long before, long carried, long from, int returned) {}

    /**
     * What the answers of this window show.
     *
     * @param base the request after which {@code remaining} was left
     * @param remaining how much was left then
     * @param back how many of those that were sent later never left
     * @param first the first answer of this window
     * @param newest the newest answer of this window, by the order of sending
     */
    record Sight(
            long base,
            int remaining,
            int back,
            @Nullable Glimpse first,
            @Nullable Glimpse newest) {}

    /** Nothing is known but what one answer showed. */
    static Count first(Glimpse by, long sent) {
        Traffic traffic = new Traffic(sent, by.receivedAt(), by.number() - 1, 0);
        return shown(traffic, by, Math.max(0, sent - by.number()));
    }

    /** The next window, in which everything is left. */
    Count next(long time, int limit) {
        Window next = new Window(time, limit, traffic.sent, carried(), traffic.sent + 1, 0);
        return new Count(inTime(), next, new Sight(traffic.sent, limit, 0, null, null));
    }

    /** The next window, which an answer has shown to have begun. */
    Count shown(Glimpse by) {
        Glimpse newest = sight.newest;
        long before = newest == null ? carried() : Math.max(0, by.number() - 1 - newest.number());
        return shown(inTime(), by, before);
    }

    private static Count shown(Traffic traffic, Glimpse by, long carried) {
        int all = by.remaining() == Integer.MAX_VALUE ? by.remaining() : by.remaining() + 1;
        Window window = new Window(by.receivedAt(), all, by.number() - 1, carried, by.number(), 0);
        return new Count(traffic, window, new Sight(by.number(), by.remaining(), 0, by, by));
    }

    private long carried() {
        return Math.max(traffic.underWay(), traffic.late);
    }

    private Traffic inTime() {
        return new Traffic(traffic.sent, traffic.sentAt, traffic.settled, 0);
    }

    /** The same window, which began with no more than this answer shows. */
    Count begunWith(Glimpse glimpse) {
        long shown = glimpse.remaining() + (traffic.sent - window.before) + window.carried;
        int all = (int) Math.min(window.all, shown);
        return with(new Window(window.start, all, window.before, window.carried, window.from, window.returned));
    }

    long certain() {
        long later = traffic.sent - sight.base - sight.back;
        long earlier = traffic.underWay() - later;
        return sight.remaining - later - Math.max(0, earlier - OVERTAKEN);
    }

    long used() {
        return traffic.sent - window.before - window.returned;
    }

    /** The most that we can use in this window: what there was at its beginning, or more if an answer shows more. */
    long whole() {
        return sight.first == null ? window.all : Math.max(window.all, sight.first.remaining() + 1L);
    }

    /** One more, after at least so many. */
    Count send(long now, boolean late, long before) {
        long sent = Math.max(traffic.sent, before) + 1;
        return with(new Traffic(sent, now, traffic.settled, traffic.late + (late ? 1 : 0)));
    }

    /** It is known what became of one more. */
    Count settle() {
        return with(new Traffic(traffic.sent, traffic.sentAt, traffic.settled + 1, traffic.late));
    }

    Count giveBack(long number) {
        int ours = number > window.before ? 1 : 0;
        int since = number > sight.base ? 1 : 0;
        Window less = new Window(
                window.start, window.all, window.before, window.carried, window.from, window.returned + ours);
        Sight more = new Sight(sight.base, sight.remaining, sight.back + since, sight.first, sight.newest);
        return new Count(traffic, less, more).settle();
    }

    /** The same with one more answer; only one that is newer than all others changes what is certain. */
    Count see(Glimpse glimpse) {
        Glimpse newest = sight.newest;
        boolean newer = newest == null ? glimpse.number() >= window.from : glimpse.number() > newest.number();
        if (!newer) {
            return this;
        }
        // All that were sent later are still under way.
        long settled = Math.min(traffic.settled, glimpse.number());
        Glimpse first = sight.first == null ? glimpse : sight.first;
        return new Count(
                new Traffic(Math.max(traffic.sent, glimpse.number()), traffic.sentAt, settled, traffic.late),
                window,
                new Sight(glimpse.number(), glimpse.remaining(), 0, first, glimpse));
    }

    /** How much others have certainly used in this window by the time of an answer. */
    long foreignAtLeast(Glimpse glimpse) {
        return glimpse.number() < window.from
                ? 0
                : (long) window.all - glimpse.remaining() - (traffic.sent - window.before) - window.carried;
    }

    /** How much others use per nanosecond, or NaN if this window does not tell. */
    double foreignRate() {
        Glimpse first = sight.first;
        Glimpse newest = sight.newest;
        if (first == null || newest == null || newest.middle() <= first.middle()) {
            return Double.NaN;
        }
        long fallen = (long) first.remaining() - newest.remaining() - (newest.number() - first.number());
        return (double) fallen / (newest.middle() - first.middle());
    }

    private Count with(Traffic other) {
        return new Count(other, window, sight);
    }

    private Count with(Window other) {
        return new Count(traffic, other, sight);
    }
}
