package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ScreenTest {

    private final StringWriter written = new StringWriter();
    private int columns = 80;
    private final Screen screen = new Screen(new PrintWriter(written), () -> columns);

    @Test
    void printsLinesAndNothingElseWithoutABar() {
        screen.line("one");
        screen.noBar();
        screen.line("two");

        assertThat(written.toString()).isEqualToNormalizingNewlines("one\ntwo\n");
    }

    @Test
    void erasesTheBarForALineAndDrawsItAgainBelow() {
        screen.bar("[=> ]");
        screen.line("failed");
        screen.bar("[==>]");
        screen.noBar();

        assertThat(written.toString())
                .isEqualToNormalizingNewlines("[=> ]" + "\r\033[2K" + "failed\n[=> ]" + "\r[==>]\033[K" + "\r\033[2K");
    }

    @Test
    void erasesEveryRowThatABarHasOnATerminalMadeNarrower() {
        screen.bar("\033[32m[=========>   ]\033[0m 70%");
        columns = 8;
        screen.bar("70%");
        screen.line("failed");

        assertThat(written.toString())
                .as("19 columns, three rows of 8: two up, and erase from there on")
                .isEqualToNormalizingNewlines(
                        "\033[32m[=========>   ]\033[0m 70%" + "\r\033[2A\033[J" + "70%" + "\r\033[2K" + "failed\n70%");
    }
}
