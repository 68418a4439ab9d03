package dev.closecrm.core.engine.quota;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One limit: what is known about its windows, what was sent, and what of it is ours. Immutable; every event makes another one.
 *
 * @param limit the requests per window
 * @param edge when the window ends
 * @param count what is left of it
 * @param claim what of it is ours
 * @param stop the wait after a refusal
 * @param probe the request that finds out what is left, if that is not known
 * @param mark an answer to compare later ones with
 * @param ofThisWindow whether the mark is of this window
 * @param parts how often in a row more was left than before, but not all
 * @param flow how it grows, if it does so all the time
 * @param trip how long an answer takes on average
 * @param phase where in its place in the pace a request is sent, from 0 to 1, so that clients do not all send at once
 */
record Ledger(
        int limit,
        Edge edge,
        Count count,
        Claim claim,
        Stop stop,
        Probe probe,
        Glimpse mark,
        boolean ofThisWindow,
        int parts,
        @Nullable Flow flow,
        long trip,
        double phase) {

    private static final Duration LONGEST_WINDOW = Duration.ofHours(1);
    private static final int PARTS_OF_A_FLOW = 3;
    private static final int JUMPS_OF_WINDOWS = 2;

    /** A limit that one answer has shown, after so many requests in all. */
    static Ledger of(Glimpse glimpse, QuotaReading reading, long sent, LongSupplier dice) {
        Count count = Count.first(glimpse, sent);
        Ledger ledger = new Ledger(
                reading.limit(),
                Edge.UNKNOWN,
                count,
                Claim.ALONE,
                Stop.NONE,
                Probe.DONE,
                glimpse,
                true,
                0,
                null,
                glimpse.receivedAt() - glimpse.sentAt(),
                (dice.getAsLong() >>> 11) * 0x1.0p-53);
        return ledger.timed(glimpse, reading);
    }

    // ---- what time alone changes

    /** Whether something has ended by then. */
    boolean endsBy(long now) {
        if (probe.lost(now)) {
            return true;
        }
        if (flow != null) {
            return false;
        }
        return edge.known() ? now >= edge.hi() : probe.done() && count.certain() < 1 && now >= end();
    }

    /** The same at a later time: windows may have ended. */
    Ledger at(long now, LongSupplier dice) {
        if (!endsBy(now)) {
            return this;
        }
        if (probe.lost(now)) {
            return with(Probe.DONE).at(now, dice);
        }
        return edge.known() ? afterWindows(now, dice) : with(Probe.NEEDED);
    }

    private Ledger afterWindows(long now, LongSupplier dice) {
        long windows = edge.window() == 0 ? 0 : (now - edge.hi()) / edge.window();
        Edge passed = edge.passed(edge.lo(), edge.hi(), now);
        Edge next = windows > 0 && passed.known() ? passed.later(windows, now) : passed;
        long start = edge.hi() + windows * edge.window();
        boolean late = now - start > Edge.SECOND / 4;
        // What was seen long ago says nothing: the service may have begun its windows anew.
        boolean fresh = next.known() && now - mark.receivedAt() < next.window() * 3 / 4;
        Count opened = count.next(late ? now : start, limit);
        return new Ledger(
                limit,
                next,
                opened,
                ended(dice),
                stop.nextWindow(),
                fresh ? Probe.DONE : Probe.NEEDED,
                mark,
                false,
                parts,
                flow,
                trip,
                phase);
    }

    /** The claim after this window. */
    private Claim ended(LongSupplier dice) {
        Glimpse newest = count.sight().newest();
        if (newest == null || !edge.known()) {
            return claim;
        }
        // Others send at an even pace too, and have sent their last when we have.
        double time = Math.max(1, paceTime());
        double unseen = Math.max(0, count.window().start() + time + trip / 2.0 - newest.middle()) / time;
        return claim.after(
                new Claim.Past(limit, count.used(), count.certain(), count.foreignRate() * time, unseen, stop.recent()),
                dice);
    }

    /** In so many nanoseconds from its start the window's requests are sent; the last ones must not meet the next window. */
    private double paceTime() {
        long room = Math.max(0, edge.lo() - count.window().start());
        return room - Math.min(trip * 0.75, room * 0.2);
    }

    // ---- when the next request may go

    long opensAt(long now, boolean interactive, double share) {
        if (!stop.over(now)) {
            return stop.until();
        }
        if (flow != null) {
            return flow.opensAt(count, limit, now, interactive, share);
        }
        if (!probe.done()) {
            return probe.opensAt(now);
        }
        long quota = quota(interactive, share);
        if (count.certain() < 1 || count.used() >= quota) {
            return end();
        }
        return interactive ? now : due(quota);
    }

    private long end() {
        return edge.known() ? edge.hi() : mark.receivedAt() + Edge.SECOND;
    }

    /** How many requests of this window are ours. */
    private long quota(boolean interactive, double share) {
        long all = Math.min(count.used() + count.certain(), count.whole());
        long part = share < 1 ? Math.max(1, (long) (limit * share)) : all;
        long claimed = claim.contended() && !interactive ? claim.quota() : all;
        return Math.min(all, Math.min(part, claimed));
    }

    /** The moment for the next request at an even pace. */
    private long due(long quota) {
        long used = count.used();
        if (!edge.known()) {
            return count.window().start();
        }
        long scouts = scouts(quota);
        long even = quota - scouts;
        if (used < even) {
            return count.window().start() + (long) ((used + phase) * paceTime() / even);
        }
        long from = Math.max(
                Math.max(edge.lo(), count.window().start()), count.traffic().sentAt());
        return from + (edge.hi() - from) / (quota - used + 1);
    }

    /**
     * How many of the window's last requests are spread over the time in which it may end. The first one that comes after the end
     * shows when that was, and costs nothing; the others are lost.
     */
    private long scouts(long quota) {
        if (edge.uncertainty() <= 2 * trip) {
            return 0;
        }
        double window = Math.max(edge.window(), edge.hi() - count.window().start());
        long best = Math.round(Math.sqrt(quota * (edge.uncertainty() / window)));
        return Math.min(Math.max(2, best), quota / 2);
    }

    // ---- what happens to requests

    Ledger sent(long now, long before) {
        return new Ledger(
                limit,
                edge,
                count.send(now, edge.known() && now + trip > edge.lo(), before),
                claim,
                stop,
                probe.sent(now),
                mark,
                ofThisWindow,
                parts,
                flow,
                trip,
                phase);
    }

    Ledger notSent(long number) {
        Ledger less = with(count.giveBack(number));
        return probe.done() ? less : less.with(Probe.NEEDED);
    }

    /** No answer came, or none that tells what is left: nobody should wait for it. */
    Ledger silent() {
        return new Ledger(
                limit, edge, count.settle(), claim, stop, Probe.DONE, mark, ofThisWindow, parts, flow, trip, phase);
    }

    Ledger answered(Glimpse glimpse, QuotaReading reading, LongSupplier dice) {
        Ledger seen = reading.limit() == limit ? this : changed(reading.limit());
        seen = seen.compared(glimpse, reading, dice);
        return seen.counted(glimpse).timed(glimpse, reading);
    }

    /** The service has changed the limit: ours is the same part of it. */
    private Ledger changed(int other) {
        return new Ledger(
                other,
                edge,
                count,
                claim.scaled((double) other / limit),
                stop,
                probe,
                mark,
                ofThisWindow,
                parts,
                flow,
                trip,
                phase);
    }

    /** Compares with an answer that had come before this request left: if there is more, the quota has been filled. */
    private Ledger compared(Glimpse glimpse, QuotaReading reading, LongSupplier dice) {
        Glimpse newest = count.sight().newest();
        if (newest != null && flow == null && isLeap(newest, glimpse)) {
            return filled(newest, glimpse, dice);
        }
        if (!glimpse.isAfter(mark)) {
            return this;
        }
        boolean grown = glimpse.remaining() >= mark.remaining();
        if (flow != null) {
            return flowing(glimpse, grown);
        }
        if (grown && !full(glimpse)) {
            return partlyFilled(glimpse).with(count.begunWith(glimpse));
        }
        if (grown || tellsOfNextWindow(glimpse, reading)) {
            return ofThisWindow
                    ? filled(mark, glimpse, dice)
                    : with(edge.began(mark.sentAt(), glimpse.receivedAt(), glimpse.receivedAt()))
                            .withParts(0);
        }
        if (ofThisWindow) {
            return with(edge.notBefore(glimpse.sentAt(), glimpse.receivedAt()));
        }
        boolean missed = glimpse.number() >= count.window().from() && mark.remaining() < limit / 4;
        return missed
                ? with(edge.missed(glimpse.sentAt(), glimpse.receivedAt())).with(count.begunWith(glimpse))
                : this;
    }

    private boolean tellsOfNextWindow(Glimpse glimpse, QuotaReading reading) {
        Duration reset = reading.reset();
        return ofThisWindow
                && reset != null
                && believable(reset)
                && edge.isLater(earliest(glimpse, reading, reset), latest(glimpse, reading, reset));
    }

    /** Whether so much is left that nothing can be missing but what was used since the comparison. */
    private boolean full(Glimpse glimpse) {
        double time = edge.window() == 0 ? 0 : (double) (glimpse.receivedAt() - mark.sentAt()) / edge.window();
        double others = claim.contended() ? limit * Math.min(1, time) : 0;
        double missing = (count.traffic().sent() - mark.number()) + 2 + others + limit * 0.1;
        return glimpse.remaining() >= limit - missing;
    }

    /** So much more than before that it does not matter which of the two the service met first. */
    private boolean isLeap(Glimpse before, Glimpse glimpse) {
        int more = glimpse.remaining() - before.remaining();
        if (more <= limit / 2 || more <= 4 * count.traffic().underWay() || !full(glimpse)) {
            return false;
        }
        // A late answer may come from a time when there was still so much.
        long earlier = before.number() - glimpse.number();
        double time = before.sentAt() - glimpse.sentAt();
        return earlier <= 0 || more > limit / 2.0 + earlier + limit * time / Math.max(1, paceTime());
    }

    /** A window has begun between two answers. */
    private Ledger filled(Glimpse before, Glimpse glimpse, LongSupplier dice) {
        long from = before.sentAt();
        long to = glimpse.receivedAt();
        return new Ledger(
                limit,
                edge.passed(from, to, to),
                count.shown(glimpse),
                ended(dice),
                stop.nextWindow(),
                Probe.DONE,
                glimpse,
                true,
                0,
                null,
                trip,
                phase);
    }

    private Ledger partlyFilled(Glimpse glimpse) {
        if (parts + 1 < PARTS_OF_A_FLOW) {
            return withParts(parts + 1);
        }
        double guess = edge.window() > 0 ? (double) limit / edge.window() : 0;
        return withFlow(new Flow(guess, guess, 0).seen(mark, glimpse));
    }

    private Ledger flowing(Glimpse glimpse, boolean grown) {
        Flow before = requireNonNull(flow);
        boolean jump = grown && mark.remaining() < limit / 2 && full(glimpse);
        Flow next = jump ? before.jumped() : before.seen(mark, glimpse);
        return withFlow(next.jumps() >= JUMPS_OF_WINDOWS ? null : next);
    }

    private Ledger counted(Glimpse glimpse) {
        boolean newMark = glimpse.isAfter(mark);
        boolean current = glimpse.number() >= count.window().from();
        long foreign = flow == null ? count.foreignAtLeast(glimpse) : 0;
        Count next = count.settle().see(glimpse);
        long others = limit - (long) glimpse.remaining() - count.used();
        return new Ledger(
                limit,
                edge,
                next,
                foreign > 0 ? claim.shared(limit, count.used(), Math.max(foreign, others)) : claim,
                stop.answered(),
                Probe.DONE,
                newMark ? glimpse : mark,
                newMark ? current : ofThisWindow,
                parts,
                flow,
                trip + (glimpse.receivedAt() - glimpse.sentAt() - trip) / 8,
                phase);
    }

    /** Learns when the window ends. */
    private Ledger timed(Glimpse glimpse, QuotaReading reading) {
        Duration length = reading.window();
        Edge known = length == null || !believable(length) || length.isZero() ? edge : edge.ofLength(length.toNanos());
        Duration reset = reading.reset();
        boolean older = known.window() == 0 && glimpse.number() < count.window().from();
        Edge next = reset == null || !believable(reset) || older
                ? known
                : known.endsIn(
                        earliest(glimpse, reading, reset), latest(glimpse, reading, reset), glimpse.receivedAt());
        return with(next);
    }

    /** Nobody is paced over days because of one number. */
    private static boolean believable(Duration time) {
        return !time.isNegative() && time.compareTo(LONGEST_WINDOW) <= 0;
    }

    private static long earliest(Glimpse glimpse, QuotaReading reading, Duration reset) {
        long rounding = reading.exact() ? 0 : Edge.SECOND;
        return Math.max(glimpse.sentAt(), glimpse.sentAt() + reset.toNanos() - rounding);
    }

    private static long latest(Glimpse glimpse, QuotaReading reading, Duration reset) {
        long rounding = reading.exact() ? 0 : Edge.SECOND;
        return glimpse.receivedAt() + reset.toNanos() + rounding;
    }

    /** A refusal: the service has not counted the request, and will count no other before its window has ended. */
    Ledger refused(
            long number,
            long sentAt,
            long now,
            @Nullable QuotaReading reading,
            @Nullable Duration retryAfter,
            LongSupplier dice) {
        Glimpse glimpse = new Glimpse(number, sentAt, now, 0);
        Ledger timed = timed(glimpse, told(reading, retryAfter));
        boolean unexpected = claim.contended() || (number >= count.window().from() && count.certain() >= 1);
        Claim next =
                claim.contended() ? claim.refused(dice) : unexpected ? claim.shared(limit, count.used(), 1) : claim;
        return new Ledger(
                limit,
                timed.edge,
                count.settle().see(glimpse),
                next,
                stop.longer(sentAt, now, timed.wait(number, now, Stop.asked(reading, retryAfter)), edge.window(), dice),
                number < count.window().from() ? probe : Probe.DONE,
                number > mark.number() ? mark.oneLess() : mark,
                ofThisWindow,
                parts,
                flow == null ? null : flow.slower(),
                trip,
                phase);
    }

    /** Where nothing else says when the window ends, the wait that is asked for does. */
    private QuotaReading told(@Nullable QuotaReading reading, @Nullable Duration retryAfter) {
        Duration asked = edge.known() ? null : retryAfter;
        if (reading == null) {
            return new QuotaReading(limit, 0, asked, false, null, QuotaReading.Scope.UNSAID);
        }
        return reading.reset() == null && asked != null
                ? new QuotaReading(limit, 0, asked, false, reading.window(), reading.scope())
                : reading;
    }

    /** Until the window has ended, if its end is known better than by what the service asks for. */
    private long wait(long number, long now, long asked) {
        boolean helpless = stop.row() > 0;
        if (helpless || flow != null || !edge.known() || edge.window() == 0) {
            return asked;
        }
        long end = number < count.window().from() ? count.window().start() : edge.hi();
        // What is asked for may have been rounded up to whole seconds; if it is more than that, the end has moved.
        return asked > end - now + Edge.SECOND + trip ? asked : Math.max(0, Math.min(asked, end - now));
    }

    // ---- the same with one thing changed

    private Ledger with(Edge other) {
        return new Ledger(limit, other, count, claim, stop, probe, mark, ofThisWindow, parts, flow, trip, phase);
    }

    private Ledger with(Count other) {
        return new Ledger(limit, edge, other, claim, stop, probe, mark, ofThisWindow, parts, flow, trip, phase);
    }

    private Ledger with(Probe other) {
        return new Ledger(limit, edge, count, claim, stop, other, mark, ofThisWindow, parts, flow, trip, phase);
    }

    private Ledger withParts(int other) {
        return new Ledger(limit, edge, count, claim, stop, probe, mark, ofThisWindow, other, flow, trip, phase);
    }

    private Ledger withFlow(@Nullable Flow other) {
        return new Ledger(limit, edge, count, claim, stop, probe, mark, ofThisWindow, 0, other, trip, phase);
    }
}
