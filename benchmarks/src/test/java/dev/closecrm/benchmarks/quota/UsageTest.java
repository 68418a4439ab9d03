package dev.closecrm.benchmarks.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageTest {

    private static final QuotaCase FOUR_PER_SECOND =
            new QuotaCase("a", 4, 1, 1, "fixed", "none", 1, 0, 0.5, false, 0, 0);

    @TempDir
    private Path directory;

    @Test
    void onlyFullWindowsCountForWhatIsUsed() throws IOException {
        Usage usage = read(
                "500,2,granted", // before the client
                "1900,1,granted",
                "2000,1,granted",
                "2001,1,granted",
                "2500,2,granted",
                "2600,1,refused",
                "3000,1,granted",
                "4000,1,granted",
                "5000,2,granted"); // and after it

        assertThat(usage.windows())
                .containsExactly(
                        new Usage.Window(1, 1, 0),
                        new Usage.Window(3, 3, 1),
                        new Usage.Window(1, 1, 0),
                        new Usage.Window(1, 1, 0));
        assertThat(usage.used(0)).isEqualTo(50);
        assertThat(usage.used(1)).isEqualTo(25);
        assertThat(usage.refused()).isEqualTo(100.0 / 6);
        assertThat(usage.refusedAfter(0)).isEqualTo(25);
        assertThat(usage.refusedAfter(1)).isZero();
    }

    @Test
    void nothingGrantedIsNotANumber() throws IOException {
        assertThat(read("1000,1,refused").used(0)).isNaN();
        assertThat(read("1000,1,granted", "2000,1,granted").used(0)).isNaN();
    }

    private Usage read(String... lines) throws IOException {
        Path log = directory.resolve("log.csv");
        Files.write(log, List.of("epoch_ms,key,verdict"));
        Files.write(log, List.of(lines), java.nio.file.StandardOpenOption.APPEND);
        return Usage.read(log, FOUR_PER_SECOND);
    }
}
