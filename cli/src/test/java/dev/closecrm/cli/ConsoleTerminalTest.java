package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleTerminalTest {

    @ParameterizedTest
    @ValueSource(strings = {"y", "Y", "yes", "YES", " y "})
    void takesAClearYes(String answer) {
        assertThat(ConsoleTerminal.isYes(answer)).isTrue();
    }

    @ParameterizedTest
    @NullSource // the input has ended
    @ValueSource(strings = {"", "n", "no", "yep", "j", "true", "1"})
    void takesEverythingElseForANo(String answer) {
        assertThat(ConsoleTerminal.isYes(answer)).isFalse();
    }
}
