package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResumeHintTest {

    @Test
    void isTheSameCommandWithResume() {
        assertThat(ResumeHint.command(List.of("delete", "--ids", "a.csv", "--results", "r.csv", "--overwrite")))
                .isEqualTo("closecrm delete --ids a.csv --results r.csv --resume");
        assertThat(ResumeHint.command(List.of("delete", "--resume", "--results=r.csv")))
                .isEqualTo("closecrm delete --resume --results=r.csv");
    }

    @Test
    void canBePastedIntoAShell() {
        assertThat(ResumeHint.command(List.of("delete", "it's", "$(rm x)", "", "a b;c")))
                .isEqualTo("closecrm delete 'it'\\''s' '$(rm x)' '' 'a b;c' --resume");
    }
}
