package dev.closecrm.reactor;

import dev.closecrm.core.engine.quota.QuotaDesk;
import dev.closecrm.reactor.Lane.Rank;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Those that wait in a {@link Lane}, in the order in which they go: single calls before items of bulk runs, and of each those that
 * have had a turn, by the key that they have to use, before those that have not. Anybody may join; one thread at a time looks.
 *
 * <p>Who gives up while waiting is skipped when it comes to the front, and swept out if many do: looking for each of ten thousand
 * that give up at once would take ten thousand times as long.
 *
 * @param <W> who waits
 */
final class Lines<W extends Lines.Waiting> {

    private static final int FEW = 64;

    private final List<Line<W>> inOrder = new ArrayList<>();
    private final Ranked<W> singles;
    private final Ranked<W> bulk;
    private final AtomicInteger gone = new AtomicInteger();

    Lines(int keys) {
        this.singles = new Ranked<>(Rank.SINGLE, keys);
        this.bulk = new Ranked<>(Rank.BULK, keys);
        inOrder.addAll(singles.all());
        inOrder.addAll(bulk.all());
    }

    /** Somebody in a line. */
    @FunctionalInterface
    interface Waiting {
        /** Whether it has neither been told nor given up. */
        boolean waits();
    }

    /** Those that wait for the same. */
    record Line<W>(Rank rank, int key, Queue<W> queue) {
        Line(Rank rank, int key) {
            this(rank, key, new ConcurrentLinkedQueue<>());
        }
    }

    private record Ranked<W>(List<Line<W>> byKey, Line<W> withoutKey, Line<W> newcomers) {
        Ranked(Rank rank, int keys) {
            this(new ArrayList<>(), new Line<>(rank, QuotaDesk.ANY_KEY), new Line<>(rank, QuotaDesk.ANY_KEY));
            for (int key = 0; key < keys; key++) {
                byKey.add(new Line<>(rank, key));
            }
        }

        List<Line<W>> all() {
            List<Line<W>> all = new ArrayList<>(byKey);
            all.add(withoutKey);
            all.add(newcomers);
            return all;
        }

        Line<W> returning(int key) {
            return key == QuotaDesk.ANY_KEY ? withoutKey : byKey.get(key);
        }
    }

    List<Line<W>> inOrder() {
        return inOrder;
    }

    void newcomer(Rank rank, W who) {
        of(rank).newcomers().queue().offer(who);
    }

    void returning(Rank rank, int key, W who) {
        of(rank).returning(key).queue().offer(who);
    }

    private Ranked<W> of(Rank rank) {
        return rank == Rank.SINGLE ? singles : bulk;
    }

    /** Somebody has given up. */
    void gaveUp() {
        gone.incrementAndGet();
    }

    /** One that has given up has been taken out. */
    void skipped() {
        gone.decrementAndGet();
    }

    boolean manyGaveUp(int waiting) {
        return gone.get() > FEW && gone.get() > waiting;
    }

    /** Takes those out that have given up. */
    void sweep() {
        for (Line<W> line : inOrder) {
            line.queue().removeIf(who -> {
                boolean gaveUp = !who.waits();
                if (gaveUp) {
                    gone.decrementAndGet();
                }
                return gaveUp;
            });
        }
    }

    /** The first of a line that still waits, left where it is. */
    @Nullable W firstOf(Line<W> line) {
        W first = line.queue().peek();
        while (first != null && !first.waits()) {
            line.queue().poll();
            gone.decrementAndGet();
            first = line.queue().peek();
        }
        return first;
    }

    /**
     * Lets those that have to use some keys use any.
     *
     * @param removed the keys, as bits
     */
    void free(long removed) {
        for (Line<W> line : inOrder) {
            if (line.key() != QuotaDesk.ANY_KEY && (removed & (1L << line.key())) != 0) {
                Queue<W> others = of(line.rank()).withoutKey().queue();
                empty(line, others::offer);
            }
        }
    }

    void emptyAll(Consumer<W> each) {
        inOrder.forEach(line -> empty(line, each));
    }

    private static <W> void empty(Line<W> line, Consumer<W> each) {
        for (W next = line.queue().poll(); next != null; next = line.queue().poll()) {
            each.accept(next);
        }
    }
}
