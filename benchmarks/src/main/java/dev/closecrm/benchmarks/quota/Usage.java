package dev.closecrm.benchmarks.quota;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A sandbox's log, counted by windows of the server's clock. The first and the last window with a granted request are not full
 * and do not count for the quota used; a case with warm-up leaves out so many more.
 */
final class Usage {

    /**
     * One window.
     *
     * @param granted the requests let in, everybody's
     * @param sent the clients' requests
     * @param refused those of them that were refused
     */
    record Window(int granted, int sent, int refused) {}

    private final List<Window> windows;
    private final int allowed;

    private Usage(List<Window> windows, int allowed) {
        this.windows = windows;
        this.allowed = allowed;
    }

    /** The key after the clients' own is the stranger's. */
    static Usage read(Path log, QuotaCase measured) throws IOException {
        List<long[]> lines = new ArrayList<>();
        long windowMillis = measured.windowSeconds() * 1000L;
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (String line : Files.readAllLines(log)) {
            String[] cells = line.split(",", -1);
            if (cells.length != 3 || cells[0].equals("epoch_ms")) {
                continue;
            }
            long window = Long.parseLong(cells[0]) / windowMillis;
            boolean ours = Integer.parseInt(cells[1]) <= measured.keys();
            boolean granted = cells[2].equals("granted");
            lines.add(new long[] {window, ours ? 1 : 0, granted ? 1 : 0});
            if (ours && granted) {
                first = Math.min(first, window);
                last = Math.max(last, window);
            }
        }
        int[][] counts = new int[first > last ? 0 : (int) (last - first + 1)][3];
        for (long[] line : lines) {
            if (line[0] >= first && line[0] <= last) {
                int[] window = counts[(int) (line[0] - first)];
                window[0] += (int) line[2];
                window[1] += (int) line[1];
                window[2] += line[1] == 1 && line[2] == 0 ? 1 : 0;
            }
        }
        List<Window> windows = new ArrayList<>();
        for (int[] window : counts) {
            windows.add(new Window(window[0], window[1], window[2]));
        }
        return new Usage(windows, measured.allowed());
    }

    List<Window> windows() {
        return windows;
    }

    /** Percent of what the full windows after the warm-up allow; not a number if there is none. */
    double used(int warmUp) {
        List<Window> full = full(warmUp);
        return 100.0 * full.stream().mapToInt(Window::granted).sum() / ((double) full.size() * allowed);
    }

    /** Percent of what the clients sent in all windows, also those that are not full. */
    double refused() {
        return refused(windows);
    }

    double refusedAfter(int warmUp) {
        return refused(full(warmUp));
    }

    double used(Window window) {
        return 100.0 * window.granted() / allowed;
    }

    static double refused(List<Window> windows) {
        int sent = windows.stream().mapToInt(Window::sent).sum();
        return 100.0 * windows.stream().mapToInt(Window::refused).sum() / sent;
    }

    private List<Window> full(int warmUp) {
        int from = Math.min(windows.size(), 1 + warmUp);
        return windows.subList(from, Math.max(from, windows.size() - 1));
    }
}
