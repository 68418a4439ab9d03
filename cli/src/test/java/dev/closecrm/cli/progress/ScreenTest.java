package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ScreenTest {

    private final StringWriter written = new StringWriter();
    private final Screen screen = new Screen(new PrintWriter(written));

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
}
