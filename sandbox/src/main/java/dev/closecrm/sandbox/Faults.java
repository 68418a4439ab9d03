package dev.closecrm.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong, and when. Empty at first: nothing does.
 *
 * <p>Faults strike requests that would otherwise be carried out: those for the path of a contact, with valid credentials and
 * within the rate limit. One request is struck by one fault at most. Those for its contact come first, then those that are
 * next, then the rules in the order in which they were added. Every rule counts every such request, also those that another
 * fault strikes. May be used from any thread, also while requests arrive.
 */
public final class Faults {

    private final Map<String, Queue<Fault>> byContact = new HashMap<>();
    private final Queue<Fault> next = new ArrayDeque<>();
    private final List<Supplier<@Nullable Fault>> rules = new ArrayList<>();

    Faults() {}

    /**
     * Strikes the next requests, each with one of these, in order, after those already waiting.
     *
     * @param faults the faults
     * @return this
     */
    public synchronized Faults next(Fault... faults) {
        next.addAll(List.of(faults));
        return this;
    }

    /**
     * Strikes the next requests for one contact, each with one of these, in order. For tests in which many requests are
     * under way at once, where it is anyone's guess which comes next.
     *
     * @param id the contact
     * @param faults the faults
     * @return this
     */
    public synchronized Faults forContact(String id, Fault... faults) {
        Objects.requireNonNull(id, "id");
        byContact.computeIfAbsent(id, any -> new ArrayDeque<>()).addAll(List.of(faults));
        return this;
    }

    /**
     * Strikes every n-th request from now on: the n-th, the 2n-th and so on.
     *
     * @param n at least 1
     * @param fault the fault
     * @return this
     */
    public synchronized Faults every(int n, Fault fault) {
        Objects.requireNonNull(fault, "fault");
        if (n < 1) {
            throw new IllegalArgumentException("n must be at least 1, but is " + n);
        }
        long[] count = {0};
        rules.add(() -> ++count[0] % n == 0 ? fault : null);
        return this;
    }

    /**
     * Strikes each request from now on with a probability, with one of the choices. The same seed gives the same faults in
     * the same order; which request meets which is then decided by the order in which they arrive.
     *
     * @param probability from 0 to 1
     * @param seed any number
     * @param choices at least one; each is as likely as the others
     * @return this
     */
    public synchronized Faults withProbability(double probability, long seed, Fault... choices) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("the probability must be from 0 to 1, but is " + probability);
        }
        List<Fault> copy = List.of(choices);
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("at least one fault to choose from is needed");
        }
        SplittableRandom random = new SplittableRandom(seed);
        rules.add(() -> random.nextDouble() < probability ? copy.get(random.nextInt(copy.size())) : null);
        return this;
    }

    /**
     * Forgets all faults that have not struck yet, and all rules.
     *
     * @return this
     */
    public synchronized Faults clear() {
        byContact.clear();
        next.clear();
        rules.clear();
        return this;
    }

    /**
     * The faults given to {@link #next} and {@link #forContact} that have not struck yet. A test whose script was played to
     * the end finds none.
     *
     * @return the faults
     */
    public synchronized List<Fault> pending() {
        List<Fault> pending = new ArrayList<>(next);
        byContact.values().forEach(pending::addAll);
        return List.copyOf(pending);
    }

    /** The fault for a request, or {@link Fault#NONE}. */
    synchronized Fault strike(String id) {
        Fault byRule = null;
        for (Supplier<@Nullable Fault> rule : rules) {
            Fault fault = rule.get();
            byRule = byRule == null ? fault : byRule;
        }
        Queue<Fault> waiting = byContact.get(id);
        Fault scripted = waiting == null ? null : waiting.poll();
        if (scripted == null) {
            scripted = next.poll();
        }
        return scripted != null ? scripted : byRule != null ? byRule : Fault.NONE;
    }
}
