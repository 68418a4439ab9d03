package dev.closecrm.benchmarks.quota;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Measures how much of a rate limit {@code closecrm delete} uses, and how much of what it sends is refused:
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests -Djacoco.skip=true package
 * java -cp benchmarks/target/classes dev.closecrm.benchmarks.quota.QuotaMeasurement --svg docs/quota.svg
 * }</pre>
 *
 * <p>Takes about ten minutes; {@code --short} four. {@code --case NAME}, repeatable, chooses; {@code --windows N} and {@code
 * --warm-up N} say how many windows are counted and left out in the cases that the clock ends; {@code --seed N} repeats the
 * stranger's moments; {@code --jar FILE} names the command; {@code --svg FILE} draws. Exits with 1 if a target is missed.
 */
public final class QuotaMeasurement {

    private final Set<String> cases = new LinkedHashSet<>();
    private final Chart chart = new Chart();
    private Path jar = Path.of("cli/target/closecrm.jar");
    private Path svg = Path.of("benchmarks/target/quota.svg");
    private int windows = 12;
    private int warmUp = 6;
    private long seed = System.nanoTime();
    private boolean missed;

    private QuotaMeasurement(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String name = arguments[i];
            if (name.equals("--short")) {
                windows = 3;
                warmUp = 1;
                continue;
            }
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(name + " is unknown, or lacks its value");
            }
            String value = arguments[++i];
            switch (name) {
                case "--case" -> cases.add(value);
                case "--windows" -> windows = Integer.parseInt(value);
                case "--warm-up" -> warmUp = Integer.parseInt(value);
                case "--seed" -> seed = Long.parseLong(value);
                case "--jar" -> jar = Path.of(value);
                case "--svg" -> svg = Path.of(value);
                default -> throw new IllegalArgumentException("unknown: " + name);
            }
        }
        Set<String> unknown = new LinkedHashSet<>(cases);
        QuotaCase.all().forEach(any -> unknown.remove(any.name()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no such case: " + unknown);
        }
    }

    /**
     * Measures, prints and draws.
     *
     * @param arguments see above
     * @throws IOException if a process or file fails
     * @throws InterruptedException if interrupted
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        QuotaMeasurement measurement = new QuotaMeasurement(arguments);
        measurement.measure();
        System.exit(measurement.missed ? 1 : 0);
    }

    private void measure() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("closecrm-quota");
        System.out.println("seed " + seed + ", logs in " + directory);
        System.out.println("| case | used | 429 share | after warm-up | windows | wall time | exit codes | target |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (QuotaCase measured : QuotaCase.all()) {
            if (cases.isEmpty() || cases.contains(measured.name())) {
                measure(measured, directory);
            }
        }
        Files.writeString(svg, chart.svg());
        System.out.println("drawn in " + svg);
    }

    private void measure(QuotaCase measured, Path directory) throws IOException, InterruptedException {
        int leftOut = leftOut(measured);
        CaseRun run = new CaseRun(measured, jar, directory);
        Usage usage = run.run(leftOut, windows, seed);
        chart.add(measured, usage);
        double used = usage.used(leftOut);
        // A case with an end is about its start too; in the others only what follows the warm-up is judged.
        double judged = measured.ids() > 0 ? usage.refused() : usage.refusedAfter(leftOut);
        // Written so that not a number, which is what no deletes give, is a miss.
        boolean reached = used >= measured.leastUsed()
                && judged <= measured.mostRefused()
                && inTime(measured, usage.windows().size())
                && run.ends().stream().allMatch(end -> end.equals("0") || measured.ids() == 0);
        missed |= !reached;
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1f %% | %.2f %% | %.2f %% | %s | %.1f s | %s | %s |%n",
                measured.name(),
                used,
                usage.refused(),
                usage.refusedAfter(leftOut),
                windows(measured, usage.windows()),
                run.wallSeconds(),
                String.join(" ", run.ends()),
                (reached ? "reached: " : "missed: ") + measured.leastUsed() + " / " + measured.mostRefused());
    }

    /** One window more than it takes where these are long, two where they are as short as the start of a process. */
    private static boolean inTime(QuotaCase measured, int windows) {
        return measured.ids() == 0 || windows <= least(measured) + (measured.windowSeconds() < 2 ? 2 : 1);
    }

    private static int least(QuotaCase measured) {
        return (measured.ids() + measured.limit() - 1) / measured.limit();
    }

    private static String windows(QuotaCase measured, List<Usage.Window> windows) {
        return measured.ids() > 0
                ? windows.size() + " of at least " + least(measured)
                : Integer.toString(windows.size());
    }

    /** A killed client dies within what is left out, as many windows before its end as its share may take to be in use again. */
    private int leftOut(QuotaCase measured) {
        if (measured.ids() > 0) {
            return 0;
        }
        return measured.killed() ? warmUp + windows + 2 * QuotaCase.RECOVERY_WINDOWS : warmUp;
    }
}
