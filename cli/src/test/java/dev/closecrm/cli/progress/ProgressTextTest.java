package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.reactor.bulk.BulkProgress;
import dev.closecrm.reactor.bulk.BulkProgress.WaitingFor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTextTest {

    private static final BulkSummary SOME = new BulkSummary(400, 8, 4, 0, 1, 420, 410);

    @Test
    void drawsWhatThereIsRoomFor() {
        ProgressText text = text(SOME, WaitingFor.ANSWERS, Duration.ZERO);

        assertThat(text.bar(120, Palette.PLAIN))
                .isEqualTo("[===========>                  ]  41% 413/1000  98.2/s  ETA 0:06  deleted 400  not found 8"
                        + "  failed 4  duplicate 1");
        assertThat(text.bar(80, Palette.PLAIN))
                .isEqualTo(" 41% 413/1000  98.2/s  ETA 0:06  deleted 400  not found 8  failed 4");
        assertThat(text.bar(40, Palette.PLAIN)).isEqualTo(" 41% 413/1000  ETA 0:06  failed 4");
        assertThat(text.bar(20, Palette.PLAIN)).isEqualTo(" 41% 413/1000");
        assertThat(text.bar(5, Palette.PLAIN)).isEqualTo(" 41%");
    }

    @Test
    void isNeverAsWideAsTheTerminal() {
        ProgressText text = text(SOME, WaitingFor.QUOTA, Duration.ofSeconds(3));

        assertThat(IntStream.range(1, 200)
                        .filter(columns -> text.bar(columns, Palette.PLAIN).length() >= columns))
                .isEmpty();
    }

    @Test
    void coloursChangeNoWidth() {
        ProgressText text = text(SOME, WaitingFor.QUOTA, Duration.ofSeconds(3));

        assertThat(text.bar(150, Palette.COLOURS)).contains("\033[32mdeleted 400\033[0m", "\033[31mfailed 4\033[0m");
        assertThat(text.bar(150, Palette.COLOURS).replaceAll("\033\\[\\d*m", ""))
                .isEqualTo(text.bar(150, Palette.PLAIN));
    }

    @ParameterizedTest
    @CsvSource({
        "QUOTA, 2100, waiting for quota 3 s",
        "QUOTA, 0, waiting for quota",
        "QUOTA, 0.4, waiting for quota 1 s",
        "OUTAGE, 8000, 'service is down, next probe in 8 s'",
        "OUTAGE, 0, 'service is down, trying it'",
    })
    void saysWhatItWaitsForEvenWhereThereIsLittleRoom(WaitingFor what, double millis, String words) {
        ProgressText text = text(SOME, what, Duration.ofNanos((long) (millis * 1e6)));

        assertThat(text.bar(50, Palette.PLAIN)).startsWith(" 41% 413/1000  ").endsWith("  " + words);
        assertThat(text.line()).endsWith("; " + words);
    }

    @Test
    void isALineElsewhere() {
        assertThat(text(SOME, WaitingFor.ANSWERS, Duration.ZERO).line())
                .isEqualTo("413 of 1000 (41%), 98.2/s, 0:06 left; deleted 400, not found 8, failed 4");
    }

    @Test
    void countsWhatEarlierRunsHaveDone() {
        BulkProgress progress = progress(new BulkSummary(10, 0, 0, 0, 0, 10, 10), WaitingFor.ANSWERS, Duration.ZERO);

        Map<Kind, Long> earlier = Map.of(Kind.DELETED, 450L, Kind.NOT_FOUND, 38L, Kind.DUPLICATE, 2L);
        ProgressText text = new ProgressText(1000, earlier, progress, null);
        assertThat(text.line()).isEqualTo("500 of 1000 (50%), 98.2/s; deleted 460, not found 38, failed 0");
        assertThat(text.bar(120, Palette.PLAIN)).endsWith(" 98.2/s  deleted 460  not found 38  duplicate 2");
    }

    @ParameterizedTest
    @CsvSource({"0, 0:00", "1, 0:01", "6500, 0:07", "750000, 12:30", "11100000, 3:05:00"})
    void tellsTimeAsAClockDoes(long millis, String clock) {
        assertThat(ProgressText.clock(Duration.ofMillis(millis))).isEqualTo(clock);
    }

    @Test
    void isFullAtTheEnd() {
        BulkSummary all = new BulkSummary(1000, 0, 0, 0, 0, 1000, 1000);

        assertThat(text(all, WaitingFor.ITEMS, Duration.ZERO).bar(120, Palette.PLAIN))
                .startsWith("[==============================] 100% 1000/1000");
    }

    private static ProgressText text(BulkSummary summary, WaitingFor waitingFor, Duration waitLeft) {
        return new ProgressText(1000, Map.of(), progress(summary, waitingFor, waitLeft), Duration.ofSeconds(6));
    }

    private static BulkProgress progress(BulkSummary summary, WaitingFor waitingFor, Duration waitLeft) {
        return new BulkProgress(
                summary, List.of(), 7, 420, 0, Duration.ZERO, 98.2, waitingFor, waitLeft, Duration.ofSeconds(4));
    }
}
