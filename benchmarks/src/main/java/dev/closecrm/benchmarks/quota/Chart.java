package dev.closecrm.benchmarks.quota;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a panel for each case, as SVG: quota used and 429 share, window by window. */
final class Chart {

    private static final int COLUMNS = 3;
    private static final int WIDTH = 330;
    private static final int HEIGHT = 220;
    private static final int LEFT = 52;
    private static final int TOP = 36;
    private static final int PLOT_WIDTH = 250;
    private static final int PLOT_HEIGHT = 130;
    private static final int HEAD = 40;
    private static final String USED = "#1b6ca8";
    private static final String REFUSED = "#c8442b";

    private final List<String> panels = new ArrayList<>();

    void add(QuotaCase measured, Usage usage) {
        int x = panels.size() % COLUMNS * WIDTH + LEFT;
        int y = panels.size() / COLUMNS * HEIGHT + HEAD + TOP;
        List<Usage.Window> windows = usage.windows();
        StringBuilder panel = new StringBuilder();
        panel.append(String.format(Locale.ROOT, "<g transform='translate(%d,%d)'>\n", x, y));
        panel.append(text(
                0,
                -10,
                "start",
                "600",
                measured.name() + ": " + measured.allowed() + " per "
                        + measured.windowSeconds() + " s, " + measured.processes()
                        + (measured.processes() == 1 ? " process" : " processes")));
        for (int percent = 0; percent <= 100; percent += 25) {
            double at = y(percent);
            panel.append(String.format(
                    Locale.ROOT, "<line x1='0' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>\n", PLOT_WIDTH, at, at));
            panel.append(text(-6, at + 4, "end", "400", percent + " %"));
        }
        int seconds = Math.max(1, windows.size()) * measured.windowSeconds();
        for (int i = 0; i <= 4; i++) {
            String label = String.format(Locale.ROOT, "%.0f", seconds * i / 4.0);
            panel.append(text(PLOT_WIDTH * i / 4.0, PLOT_HEIGHT + 16, "middle", "400", label));
        }
        panel.append(text(PLOT_WIDTH / 2.0, PLOT_HEIGHT + 32, "middle", "400", "seconds since the first window"));
        panel.append(line(windows.stream().map(usage::used).toList(), USED));
        panel.append(line(windows.stream().map(w -> Usage.refused(List.of(w))).toList(), REFUSED));
        panels.add(panel.append("</g>\n").toString());
    }

    String svg() {
        int rows = (panels.size() + COLUMNS - 1) / COLUMNS;
        int width = COLUMNS * WIDTH;
        int height = rows * HEIGHT + HEAD;
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d'"
                                + " font-family='sans-serif' font-size='11'>\n"
                                + "<rect width='100%%' height='100%%' fill='white'/>\n",
                        width,
                        height,
                        width,
                        height)
                + legend(LEFT, USED, "quota used, % of what a window allows")
                + legend(LEFT + 300, REFUSED, "answered 429, % of what was sent in the window")
                + String.join("", panels)
                + "</svg>\n";
    }

    private static String legend(int x, String colour, String text) {
        return String.format(
                        Locale.ROOT,
                        "<line x1='%d' x2='%d' y1='20' y2='20' stroke='%s' stroke-width='3'/>\n",
                        x,
                        x + 24,
                        colour)
                + text(x + 32, 24, "start", "400", text);
    }

    private static String line(List<Double> percents, String colour) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < percents.size(); i++) {
            double percent = percents.get(i);
            if (Double.isFinite(percent)) {
                points.append(
                        String.format(Locale.ROOT, "%.1f,%.1f ", (i + 0.5) * PLOT_WIDTH / percents.size(), y(percent)));
            }
        }
        return "<polyline fill='none' stroke-width='2' stroke='" + colour + "' points='" + points + "'/>\n";
    }

    private static double y(double percent) {
        return PLOT_HEIGHT * (1 - Math.min(110, percent) / 100);
    }

    private static String text(double x, double y, String anchor, String weight, String text) {
        return String.format(
                Locale.ROOT,
                "<text x='%.1f' y='%.1f' text-anchor='%s' font-weight='%s'>%s</text>\n",
                x,
                y,
                anchor,
                weight,
                text);
    }
}
