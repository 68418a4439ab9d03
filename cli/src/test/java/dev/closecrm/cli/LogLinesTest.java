package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {

    private final List<String> usual = new ArrayList<>();
    private final LogLines lines = new LogLines(usual::add);
    private final PrintStream err = new PrintStream(lines, true, StandardCharsets.UTF_8);

    @Test
    void handsOnWholeLinesToWhoeverHasTheScreen() {
        List<String> screen = new ArrayList<>();

        err.println("before");
        lines.showBy(screen::add);
        err.print("half ");
        err.print("ünd");
        assertThat(screen).isEmpty();
        err.print("\r\n");
        lines.showAsUsual();
        err.println("after");

        assertThat(screen).containsExactly("half ünd");
        assertThat(usual).containsExactly("before", "after");
    }
}
