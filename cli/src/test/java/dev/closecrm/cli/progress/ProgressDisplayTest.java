package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.QuotaSnapshot;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.reactor.bulk.BulkProgress;
import dev.closecrm.reactor.bulk.BulkProgress.WaitingFor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

    @Test
    void leavesRoomForTheCtrlCThatATerminalShowsBehindTheBar() {
        assertThat(IntStream.range(10, 150).filter(columns -> bar(columns).length() + "^C".length() >= columns))
                .isEmpty();
    }

    private static String bar(int columns) {
        StringWriter written = new StringWriter();
        Eta eta = new Eta(1, null);
        new ProgressDisplay(
                        new Screen(new PrintWriter(written), () -> columns),
                        true,
                        () -> columns,
                        Palette.PLAIN,
                        1_000,
                        Map.of(),
                        eta,
                        () -> new QuotaSnapshot(List.of(), null, Duration.ZERO))
                .accept(new BulkProgress(
                        new BulkSummary(400, 8, 4, 0, 1, 420, 410),
                        List.of(),
                        7,
                        420,
                        0,
                        Duration.ZERO,
                        98.2,
                        WaitingFor.QUOTA,
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4)));
        return written.toString();
    }
}
