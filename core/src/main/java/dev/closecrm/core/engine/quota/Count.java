package dev.closecrm.core.engine.quota;

import org.jspecify.annotations.Nullable;

/**
 * What was sent in the window, and what is certainly left of it: what the newest answer showed, less all that was sent after that
 * request. What is under way counts as used.
 *
 * @param start when the window began, as late as it can have been
 * @param opening how much was left when it began
 * @param opened how many requests had been sent before it began
 * @param carried how many of these were under way; the service may have counted them in this window
 * @param from the first request that certainly belongs to this window
 * @param sent how many requests were sent in all
 * @param sentAt when the last one was sent
 * @param settled of how many of them it is known what became of them
 * @param returned how many of the window's requests never left
 * @param base the request after which {@code remaining} was left
 * @param remaining how much was left then
 * @param back how many of those that were sent after {@code base} never left
 * @param first the first answer of this window
 * @param newest the newest answer of this window, by the order of sending
 */
record Count(
        long start,
        int opening,
        long opened,
        long carried,
        long from,
        long sent,
        long sentAt,
        long settled,
        int returned,
        long base,
        int remaining,
        int back,
        @Nullable Glimpse first,
        @Nullable Glimpse newest) {

    /** So many earlier requests may meet the service later than the one whose answer is relied upon. */
    private static final long OVERTAKEN = 2;

    /** Nothing is known but what one answer showed. */
    static Count first(Glimpse by, long sent) {
        Count none = new Count(0, 0, 0, 0, 0, sent, by.receivedAt(), by.number() - 1, 0, 0, 0, 0, null, null);
        return none.shown(by, Math.max(0, sent - by.number()));
    }

    /** The next window, in which everything is left. */
    Count next(long time, int limit) {
        return new Count(time, limit, sent, underWay(), sent + 1, sent, sentAt, settled, 0, sent, limit, 0, null, null);
    }

    /** A window that an answer has shown to have begun; so many of the requests before it may have been counted in it too. */
    Count shown(Glimpse by, long before) {
        int all = by.remaining() == Integer.MAX_VALUE ? by.remaining() : by.remaining() + 1;
        long first = by.number();
        return new Count(
                by.receivedAt(),
                all,
                first - 1,
                before,
                first,
                sent,
                sentAt,
                settled,
                0,
                first,
                by.remaining(),
                0,
                by,
                by);
    }

    /** The same window, which began with no more than this answer shows. */
    Count begunWith(Glimpse glimpse) {
        long all = glimpse.remaining() + (sent - opened) + carried;
        int begun = (int) Math.min(opening, all);
        return new Count(
                start, begun, opened, carried, from, sent, sentAt, settled, returned, base, remaining, back, first,
                newest);
    }

    long certain() {
        long later = sent - base - back;
        long earlier = underWay() - later;
        return remaining - later - Math.max(0, earlier - OVERTAKEN);
    }

    long used() {
        return sent - opened - returned;
    }

    /** The most that we can use in this window: what there was at its beginning, or more if an answer shows more. */
    long whole() {
        return first == null ? opening : Math.max(opening, first.remaining() + 1L);
    }

    /** How many requests have not been answered yet. */
    long underWay() {
        return Math.max(0, sent - settled);
    }

    Count send(long now) {
        return new Count(
                start, opening, opened, carried, from, sent + 1, now, settled, returned, base, remaining, back, first,
                newest);
    }

    /** It is known what became of one more. */
    Count settle() {
        return new Count(
                start,
                opening,
                opened,
                carried,
                from,
                sent,
                sentAt,
                settled + 1,
                returned,
                base,
                remaining,
                back,
                first,
                newest);
    }

    Count giveBack(long number) {
        int ours = number > opened ? 1 : 0;
        int since = number > base ? 1 : 0;
        return new Count(
                start,
                opening,
                opened,
                carried,
                from,
                sent,
                sentAt,
                settled + 1,
                returned + ours,
                base,
                remaining,
                back + since,
                first,
                newest);
    }

    /** The same with one more answer; only one that is newer than all others changes what is certain. */
    Count see(Glimpse glimpse) {
        boolean newer = newest == null ? glimpse.number() >= from : glimpse.number() > newest.number();
        if (!newer) {
            return this;
        }
        Glimpse earliest = first == null ? glimpse : first;
        long number = glimpse.number();
        int left = glimpse.remaining();
        // All that were sent later are still under way.
        long answered = Math.min(settled, number);
        return new Count(
                start, opening, opened, carried, from, sent, sentAt, answered, returned, number, left, 0, earliest,
                glimpse);
    }

    /** How much others have certainly used in this window by the time of an answer. */
    long foreignAtLeast(Glimpse glimpse) {
        return glimpse.number() < from ? 0 : (long) opening - glimpse.remaining() - (sent - opened) - carried;
    }

    /** How much others use per nanosecond, or NaN if this window does not tell. */
    double foreignRate() {
        if (first == null || newest == null || newest.middle() <= first.middle()) {
            return Double.NaN;
        }
        long fallen = (long) first.remaining() - newest.remaining() - (newest.number() - first.number());
        return (double) fallen / (newest.middle() - first.middle());
    }
}
