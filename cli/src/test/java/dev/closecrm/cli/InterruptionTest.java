package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterruptionTest {

    private final List<String> happened = new ArrayList<>();
    private final Interruption interruption = new Interruption(
            () -> happened.add("told"), () -> happened.add("given up"), () -> happened.add("tidied up"));

    @Test
    void tellsThePersonBeforeTheRunStops() {
        interruption.stop().doOnTerminate(() -> happened.add("stopped")).subscribe();

        interruption.heard("INT", 130);
        interruption.over();

        assertThat(happened).containsExactly("told", "stopped");
        assertThat(interruption.exitCode()).isEqualTo(130);
    }

    @Test
    void addsNothingToWhatARunHasSaidInTheEnd() {
        interruption.over();

        interruption.heard("TERM", 143);

        assertThat(happened).isEmpty();
    }
}
