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

    @Test
    void leavesIdsBehindTheOptionsBehindThem() {
        assertThat(ResumeHint.command(
                        List.of("delete", "--results", "r.csv", "--", "cont_a", "--overwrite", "--resume")))
                .isEqualTo("closecrm delete --results r.csv --resume -- cont_a --overwrite --resume");
        assertThat(ResumeHint.command(List.of("delete", "--resume", "--results", "r.csv", "--", "-bad")))
                .isEqualTo("closecrm delete --resume --results r.csv -- -bad");
    }

    @Test
    void knowsOptionsWithTheirValue() {
        assertThat(ResumeHint.command(List.of("delete", "--overwrite=true", "--results", "r.csv", "--resume=false")))
                .isEqualTo("closecrm delete --results r.csv --resume");
        assertThat(ResumeHint.command(List.of("delete", "--resume=true", "--results", "r.csv")))
                .isEqualTo("closecrm delete --results r.csv --resume");
    }

    @Test
    void asksForAFileInPlaceOfWhatTheShellHasClosed() {
        assertThat(ResumeHint.command(List.of("delete", "--ids", "/dev/fd/63", "--results", "r.csv")))
                .isEqualTo(
                        "closecrm delete --ids FILE --results r.csv --resume (FILE being what came from /dev/fd/63)");
        assertThat(ResumeHint.command(
                        List.of("delete", "--ids=/dev/fd/63", "--api-key-file", "/proc/self/fd/11", "--results=r.csv")))
                .isEqualTo("closecrm delete --ids=FILE --api-key-file FILE2 --results=r.csv --resume"
                        + " (FILE being what came from /dev/fd/63, FILE2 being what came from /proc/self/fd/11)");
    }
}
