package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.DeleteOutcome.Kind;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SummaryTest {

    @Test
    void countsEveryKindAndTellsTheRateOfDeletes() {
        Summary summary = new Summary();
        for (int i = 0; i < 1_500; i++) {
            summary.add(Kind.DELETED);
        }
        summary.add(Kind.NOT_FOUND);
        summary.add(Kind.FAILED);
        summary.add(Kind.FAILED);
        summary.add(Kind.NOT_ATTEMPTED);
        summary.add(Kind.DUPLICATE);

        assertThat(summary.line(Duration.ofMillis(2_500)))
                .isEqualTo("deleted=1500 not_found=1 failed=2 not_attempted=1 duplicate=1 elapsed=2.50s rate=600.0/s");
    }

    @Test
    void countsWhatIsSettledAtTheBeginningAndTellsWhatAnEarlierRunHasDoneOfIt() {
        Summary summary = new Summary();
        summary.add(Kind.DELETED);
        summary.addSettled(Map.of(Kind.DELETED, 3L, Kind.DUPLICATE, 2L), 4);

        assertThat(summary.line(Duration.ofSeconds(1)))
                .isEqualTo("deleted=4 not_found=0 failed=0 not_attempted=0 duplicate=2 elapsed=1.00s rate=1.0/s");
        assertThat(summary.earlier()).isEqualTo(4);
        assertThat(summary.values(Duration.ofSeconds(1))).containsEntry("done_earlier", 4L);
    }

    @Test
    void isZeroThroughoutForNothing() {
        assertThat(new Summary().line(Duration.ZERO))
                .isEqualTo("deleted=0 not_found=0 failed=0 not_attempted=0 duplicate=0 elapsed=0.00s rate=0.0/s");
    }

    @Test
    void writesNumbersTheSameWayEverywhere() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(new Summary().line(Duration.ofMillis(1_250))).contains("elapsed=1.25s");
        } finally {
            Locale.setDefault(before);
        }
    }
}
