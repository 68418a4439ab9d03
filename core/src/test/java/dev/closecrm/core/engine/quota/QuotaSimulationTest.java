package dev.closecrm.core.engine.quota;

import static dev.closecrm.core.engine.quota.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.engine.quota.ModelServer.FixedWindow;
import dev.closecrm.core.engine.quota.Simulation.Outcome;
import dev.closecrm.core.engine.quota.Simulation.Rounding;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import java.util.function.LongToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How much of the quota is used, and how much is refused, in a simulation of the service and of many processes. Numbers in the
 * names of tests are the rows of the table of faults. Each server also meets a client that sends until it is refused and then
 * waits as it is told: it has to fail, or else the test would show nothing.
 *
 * <p>Nothing here waits, and nothing reads a clock: time is virtual, and a run depends on its seed alone. Every run prints what it
 * measured, so that a change for the worse is seen before it fails.
 */
class QuotaSimulationTest {

    private static final int SEEDS = 8;
    private static final long FIVE = 5 * SECOND;

    /** Makes a client for a simulation with so many keys. */
    private interface Kind {
        Simulation.Client in(Simulation simulation, int keys);
    }

    private static Simulation.Client naive(Simulation simulation, int keys) {
        return simulation.new NaiveClient(keys);
    }

    private static Kind with(QuotaOptions options) {
        return (simulation, keys) -> {
            Random dice = new Random(simulation.random.nextLong());
            return simulation.new BookClient(new QuotaBook(options, keys, dice::nextLong));
        };
    }

    private static final Kind GREEDY = with(QuotaOptions.greedy());

    // ---- one process

    @ParameterizedTest
    @CsvSource({"100, 5, 40", "100, 5, 90", "60, 1, 40", "60, 1, 90", "300, 5, 40", "600, 60, 40"})
    void row63_oneProcessUsesAllAndIsNotRefused(int limit, int window, int latency) {
        Check check = new Check(99, 0.1);
        String name = limit + " per " + window + " s, latency " + latency + " ms, 1 process";
        check.holds(name, seed -> window(seed, limit, window * SECOND, latency, GREEDY, 1, 4, 40));
        check.fails(name, seed -> window(seed, limit, window * SECOND, latency, QuotaSimulationTest::naive, 1, 4, 40));
    }

    @ParameterizedTest
    @CsvSource({"100, 5, 900, 50", "60, 1, 1500, 27"})
    void row63_aColdStartLosesLessThanAWindowOrTwo(int limit, int window, int ids, int seconds) {
        for (Rounding rounding : List.of(Rounding.UP, Rounding.DOWN, Rounding.NEAREST)) {
            for (long seed = 1; seed <= SEEDS; seed++) {
                coldStart(seed, limit, window, 40, rounding, ids, seconds, ids / 100);
                coldStart(seed, limit, window, 90, rounding, ids, seconds, ids / 100);
            }
        }
    }

    /** Nobody says when the windows end, so that only a refusal shows it: one per window. */
    @ParameterizedTest
    @CsvSource({"100, 5, 900, 55", "60, 1, 1500, 40"})
    void withoutAResetTheEndOfTheWindowIsFoundByRefusals(int limit, int window, int ids, int seconds) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            coldStart(seed, limit, window, 40, Rounding.NOT_SAID, ids, seconds, ids / 40);
        }
    }

    private static void coldStart(
            long seed, int limit, int window, int latency, Rounding rounding, int ids, int seconds, int mostRefused) {
        FixedWindow server = fixed(seed, limit, window * SECOND);
        Simulation simulation = new Simulation(seed, server, latency, rounding, seed % 2 == 0);
        Simulation.Client client = GREEDY.in(simulation, 1);
        client.wanted = ids;
        client.start(0);
        simulation.runUntil(3L * seconds * SECOND);
        String run = "seed " + seed + ", " + latency + " ms, " + rounding;
        assertThat(client.done).as(run).isEqualTo(ids);
        assertThat(client.doneAt / 1e9).as(run).isLessThanOrEqualTo(seconds);
        assertThat(simulation.refused(0, Long.MAX_VALUE)).as(run).isLessThanOrEqualTo(mostRefused);
    }

    // ---- several processes that know nothing of each other

    @ParameterizedTest
    @CsvSource({
        "100, 5, 40, 3",
        "100, 5, 40, 6",
        "100, 5, 90, 3",
        "100, 5, 90, 6",
        "60, 1, 40, 3",
        "60, 1, 40, 6",
        "300, 5, 40, 6",
    })
    void row63_severalProcessesShareWithoutAMessage(int limit, int window, int latency, int processes) {
        Check check = new Check(99, 0.5);
        String name = limit + " per " + window + " s, latency " + latency + " ms, " + processes + " processes";
        check.holds(name, seed -> window(seed, limit, window * SECOND, latency, GREEDY, processes, 60, 60));
        check.fails(
                name,
                seed -> window(seed, limit, window * SECOND, latency, QuotaSimulationTest::naive, processes, 60, 60));
    }

    @ParameterizedTest
    @CsvSource({"100, 5, 3, 6", "100, 5, 6, 30", "60, 1, 3, 15", "60, 1, 6, 25"})
    void row63_processesThatBeginTogetherFindTheirShares(int limit, int window, int processes, int warmUp) {
        Check check = new Check(98.5, 1);
        String name = limit + " per " + window + " s, " + processes + " processes that begin together";
        check.holds(name, seed -> togetherAndSlowly(seed, limit, window * SECOND, GREEDY, processes, warmUp));
        check.fails(
                name,
                seed -> togetherAndSlowly(seed, limit, window * SECOND, QuotaSimulationTest::naive, processes, warmUp));
    }

    @ParameterizedTest
    @CsvSource({"100, 5, 40", "100, 5, 90"})
    void row64_aStrangerWhoTakesAThirdIsLeftIt(int limit, int window, int latency) {
        Check check = new Check(97, 2);
        String name = limit + " per " + window + " s, latency " + latency + " ms, a stranger takes 30 %";
        check.holds(name, seed -> besideAStranger(seed, limit, window * SECOND, latency, GREEDY));
        check.fails(name, seed -> besideAStranger(seed, limit, window * SECOND, latency, QuotaSimulationTest::naive));
    }

    @Test
    void row65_theShareOfAProcessThatIsKilledIsUsedWithinTenWindows() {
        new Check(98, 0.5).holds("one of three is killed, from the 10th window on", seed -> {
            FixedWindow server = fixed(seed, 100, FIVE);
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            List<Simulation.Client> clients = start(simulation, GREEDY, 3, 1, FIVE);
            long killed = server.windowFrom(60 * FIVE) + FIVE / 3;
            simulation.runUntil(killed);
            clients.get(0).dead = true;
            return measured(simulation, server, killed + 10 * FIVE, 10 * FIVE);
        });
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void row69_aPauseOfFiveSecondsCausesNoBurst(int processes) {
        new Check(97, 1).holds("one of " + processes + " pauses, from the 3rd window on", seed -> {
            FixedWindow server = fixed(seed, 100, FIVE);
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            List<Simulation.Client> clients = start(simulation, GREEDY, processes, 1, FIVE);
            long at = server.windowFrom(60 * FIVE) + FIVE / 2;
            simulation.runUntil(at);
            clients.get(0).pause(at + FIVE);
            simulation.runUntil(at + 2 * FIVE);
            assertThat(simulation.refused(at, at + 2 * FIVE)).as("seed " + seed).isLessThanOrEqualTo(2);
            return measured(simulation, server, at + 2 * FIVE, 4 * FIVE);
        });
    }

    @Test
    void oneThatHasLittleToDoLeavesTheRestToTheOther() {
        new Check(98, 0.5).holds("one with all, one with a call every two seconds", seed -> {
            FixedWindow server = fixed(seed, 100, FIVE);
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            start(simulation, GREEDY, 1, 1, FIVE);
            Simulation.Client small = GREEDY.in(simulation, 1);
            small.wanted = 0;
            demand(simulation, small, 0.5);
            return measured(simulation, server, 30 * FIVE, 40 * FIVE);
        });
    }

    // ---- several keys

    @ParameterizedTest
    @CsvSource({"100, 5, 40, 1", "100, 5, 90, 1", "60, 1, 40, 1", "100, 5, 40, 2"})
    void threeKeysTogetherUseTheQuotaOfTheirOrganisation(int limit, int window, int latency, int processes) {
        Check check = new Check(99, 0.5);
        String name =
                "3 keys, " + limit + " per " + window + " s, latency " + latency + " ms, " + processes + " process(es)";
        check.holds(name, seed -> organisation(seed, limit, window * SECOND, latency, GREEDY, processes));
        check.fails(
                name,
                seed -> organisation(seed, limit, window * SECOND, latency, QuotaSimulationTest::naive, processes));
    }

    @ParameterizedTest
    @CsvSource({"36", "44"})
    void row62_twoLimitsThatAlternateAreBothKept(double others) {
        new Check(99, 0.5)
                .holds(
                        "limit alternates between 100 and 300, others " + others + "/s",
                        seed -> flipping(seed, others, GREEDY));
        new Check(99, 0.5)
                .fails(
                        "limit alternates between 100 and 300",
                        seed -> flipping(seed, others, QuotaSimulationTest::naive));
    }

    // ---- other services

    @Test
    void row61_moreThanTheLimitIsUsedIfItIsLeft() {
        new Check(99, 0.1).holds("what is left over is carried over, up to half as much again", seed -> {
            FixedWindow server = new FixedWindow(time -> 100, FIVE, phase(seed, FIVE), 1.5, Long.MAX_VALUE, 0);
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            Simulation.Client client = GREEDY.in(simulation, 1);
            client.wanted = 150;
            client.start(0);
            simulation.runUntil(30 * FIVE);
            // For a while nobody sent, so that half a window's quota has been carried over; it can be used at once.
            long from = server.windowFrom(simulation.now()) + SECOND;
            simulation.runUntil(from);
            client.wanted = Long.MAX_VALUE;
            client.pump();
            simulation.runUntil(from + 3 * SECOND + FIVE / 5 * 4);
            long sent = simulation.granted(from, from + 4 * SECOND);
            return new Outcome(100 * Math.min(1, sent / 145.0), 100.0 * simulation.refused(0, from + FIVE) / sent);
        });
    }

    @ParameterizedTest
    @CsvSource({"100, 5", "60, 1"})
    void row67_aSlidingWindowIsFollowed(int limit, int window) {
        Check check = new Check(90, 2);
        String name = "sliding window, " + limit + " per " + window + " s";
        check.holds(
                name, seed -> continuous(seed, new ModelServer.SlidingWindow(limit, window * SECOND), window, GREEDY));
        check.fails(
                name,
                seed -> continuous(
                        seed,
                        new ModelServer.SlidingWindow(limit, window * SECOND),
                        window,
                        QuotaSimulationTest::naive));
    }

    @ParameterizedTest
    @CsvSource({"100, 5", "60, 1"})
    void row67_aTokenBucketIsFollowed(int limit, int window) {
        Check check = new Check(90, 2);
        String name = "token bucket, " + limit + " per " + window + " s";
        check.holds(
                name, seed -> continuous(seed, new ModelServer.TokenBucket(limit, window * SECOND), window, GREEDY));
        check.fails(
                name,
                seed -> continuous(
                        seed, new ModelServer.TokenBucket(limit, window * SECOND), window, QuotaSimulationTest::naive));
    }

    @Test
    void aServiceThatRefusesWithoutSayingWhyIsSoughtOut() {
        Check check = new Check(75, 2);
        LongFunction<ModelServer> server = seed -> new ModelServer.Mute(fixed(seed, 100, FIVE));
        check.holds("refusals that say nothing", seed -> continuous(seed, server.apply(seed), 5, GREEDY));
        check.fails(
                "refusals that say nothing",
                seed -> continuous(seed, server.apply(seed), 5, QuotaSimulationTest::naive));
    }

    @Test
    void row66_withoutALimitNothingEverWaits() {
        Simulation simulation = new Simulation(1, new ModelServer.Unlimited(), 40, Rounding.UP, true);
        Simulation.Client client = GREEDY.in(simulation, 1);
        client.start(0);
        simulation.runUntil(10 * SECOND);
        // 32 in flight at 40 ms; only the first is waited for.
        assertThat(client.done).isBetween(7_700L, 8_300L);
        assertThat(((Simulation.BookClient) client).book.nextIn(QuotaBook.ANY_KEY, simulation.now(), false))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"60, 100", "100, 300", "100, 60"})
    void anotherLimitIsTakenUpAtOnce(int before, int after) {
        LongToDoubleFunction limit = time -> time < 20 * FIVE ? before : after;
        new Check(97, 0.5).holds("limit " + before + ", then " + after, seed -> {
            FixedWindow server = new FixedWindow(limit, FIVE, phase(seed, FIVE), 1, Long.MAX_VALUE, 0);
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            start(simulation, GREEDY, 1, 1, FIVE);
            return measured(simulation, server, 19 * FIVE, 6 * FIVE);
        });
    }

    @ParameterizedTest
    @CsvSource({"0.7", "1.7", "3.9"})
    void windowsThatBeginAnewAreFound(double later) {
        new Check(98, 0.5).holds("windows begin " + later + " s later", seed -> {
            long restart = 20 * FIVE;
            FixedWindow server =
                    new FixedWindow(time -> 100, FIVE, phase(seed, FIVE), 1, restart, (long) (later * SECOND));
            Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
            start(simulation, GREEDY, 1, 1, FIVE);
            simulation.runUntil(restart + 3 * FIVE);
            return measured(simulation, server, simulation.now(), 10 * FIVE);
        });
    }

    // ---- what the user chose

    @Test
    void aShareIsNotExceeded() {
        Results half = over(seed -> window(seed, 100, FIVE, 40, with(QuotaOptions.share(0.5)), 1, 5, 40));
        half.print("a share of a half");
        assertThat(half.used()).isCloseTo(50, within(0.5));
        assertThat(half.refused()).isZero();
    }

    @Test
    void aFixedRateIsKept() {
        Results ten = over(seed -> window(seed, 100, FIVE, 40, with(QuotaOptions.fixed(10)), 1, 5, 40));
        ten.print("10 per second");
        assertThat(ten.used()).isCloseTo(50, within(0.5));
        assertThat(ten.refused()).isZero();
    }

    @Test
    void aFixedRateThatIsTooHighStopsWhenItIsRefused() {
        Results thirty = over(seed -> window(seed, 100, FIVE, 40, with(QuotaOptions.fixed(30)), 1, 5, 40));
        thirty.print("30 per second");
        assertThat(thirty.used()).isGreaterThan(99);
        assertThat(thirty.refused()).isBetween(0.5, 4.0);
    }

    // ---- runs

    private static Outcome window(
            long seed, int limit, long window, int latency, Kind kind, int processes, int warmUp, int windows) {
        FixedWindow server = fixed(seed, limit, window);
        Simulation simulation = new Simulation(seed, server, latency, rounding(seed), true);
        start(simulation, kind, processes, 1, window);
        return measured(simulation, server, warmUp * window, windows * window);
    }

    /** All begin in the same moment, and so slowly that each has sent its first calls before any answer comes. */
    private static Outcome togetherAndSlowly(long seed, int limit, long window, Kind kind, int processes, int warmUp) {
        FixedWindow server = fixed(seed, limit, window);
        Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
        simulation.slowUntil(3 * SECOND / 2);
        for (int i = 0; i < processes; i++) {
            kind.in(simulation, 1).start(0);
        }
        return measured(simulation, server, warmUp * window, 20 * window);
    }

    private static Outcome besideAStranger(long seed, int limit, long window, int latency, Kind kind) {
        FixedWindow server = fixed(seed, limit, window);
        Simulation simulation = new Simulation(seed, server, latency, rounding(seed), true);
        simulation.stranger(0, 0.3 * limit * SECOND / window);
        start(simulation, kind, 1, 1, window);
        return measured(simulation, server, 20 * window, 60 * window);
    }

    private static Outcome organisation(long seed, int limit, long window, int latency, Kind kind, int processes) {
        ModelServer server = organisation(limit, window, phase(seed, window));
        Simulation simulation = new Simulation(seed, server, latency, rounding(seed), true);
        start(simulation, kind, processes, 3, window);
        return measured(simulation, server, 20 * window, 40 * window);
    }

    /** One key of three, while others use the other two; its own part is what is measured. */
    private static Outcome flipping(long seed, double others, Kind kind) {
        ModelServer server = organisation(100, FIVE, phase(seed, FIVE));
        Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
        simulation.stranger(1, others / 2);
        simulation.stranger(2, others / 2);
        start(simulation, kind, 1, 1, FIVE);
        long from = server.windowFrom(20 * FIVE);
        Outcome all = measured(simulation, server, from, 40 * FIVE);
        return new Outcome(100.0 * simulation.granted(from, from + 40 * FIVE) / (40 * 100), all.refused());
    }

    private static Outcome continuous(long seed, ModelServer server, int window, Kind kind) {
        Simulation simulation = new Simulation(seed, server, 40, rounding(seed), true);
        start(simulation, kind, 1, 1, window * SECOND);
        return measured(simulation, server, 50 * SECOND, 200 * SECOND);
    }

    private static Outcome measured(Simulation simulation, ModelServer server, long from, long time) {
        long begin = server.windowFrom(from);
        simulation.runUntil(begin + time);
        return simulation.between(begin, begin + time);
    }

    private static List<Simulation.Client> start(Simulation simulation, Kind kind, int clients, int keys, long within) {
        List<Simulation.Client> all = IntStream.range(0, clients)
                .mapToObj(i -> kind.in(simulation, keys))
                .toList();
        all.forEach(client -> client.start((long) (simulation.random.nextDouble() * within)));
        return all;
    }

    private static void demand(Simulation simulation, Simulation.Client client, double perSecond) {
        long pause = (long) (-Math.log(1 - simulation.random.nextDouble()) / perSecond * SECOND);
        simulation.at(simulation.now() + pause, () -> {
            client.wanted++;
            client.pump();
            demand(simulation, client, perSecond);
        });
    }

    private static ModelServer organisation(int limit, long window, long phase) {
        List<FixedWindow> keys = IntStream.range(0, 3)
                .mapToObj(i -> new FixedWindow(limit, window, phase))
                .toList();
        return new ModelServer.Organisation(new FixedWindow(3 * limit, window, phase), keys);
    }

    private static FixedWindow fixed(long seed, int limit, long window) {
        return new FixedWindow(limit, window, phase(seed, window));
    }

    private static long phase(long seed, long window) {
        return Math.floorMod(new Random(seed * 77).nextLong(), window);
    }

    private static Rounding rounding(long seed) {
        return List.of(Rounding.UP, Rounding.DOWN, Rounding.NEAREST).get((int) (seed % 3));
    }

    // ---- what is asserted

    /** Averages over the seeds, and the worst of them. */
    private record Results(double used, double worstUsed, double refused, double worstRefused) {
        void print(String name) {
            System.out.printf(
                    "%-72s used %6.2f %% (worst %6.2f)  refused %7.3f %% (worst %7.3f)  seeds 1-%d%n",
                    name, used, worstUsed, refused, worstRefused, SEEDS);
        }
    }

    private static Results over(LongFunction<Outcome> run) {
        List<Outcome> all = LongStream.rangeClosed(1, SEEDS).mapToObj(run).toList();
        return new Results(
                all.stream().mapToDouble(Outcome::used).average().orElseThrow(),
                all.stream().mapToDouble(Outcome::used).min().orElseThrow(),
                all.stream().mapToDouble(Outcome::refused).average().orElseThrow(),
                all.stream().mapToDouble(Outcome::refused).max().orElseThrow());
    }

    private record Check(double leastUsed, double mostRefused) {
        void holds(String name, LongFunction<Outcome> run) {
            Results results = over(run);
            results.print(name);
            assertThat(results.used()).as("%s: used", name).isGreaterThanOrEqualTo(leastUsed);
            assertThat(results.refused()).as("%s: refused", name).isLessThanOrEqualTo(mostRefused);
        }

        void fails(String name, LongFunction<Outcome> run) {
            Results results = over(run);
            results.print("naive: " + name);
            assertThat(results.used() < leastUsed || results.refused() > mostRefused)
                    .as("a client that sends until it is refused would pass: %s", name)
                    .isTrue();
        }
    }
}
