package dev.closecrm.cli.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsFileTest {

    private static final String HEADER = String.join(",", ResultLine.HEADER);

    @TempDir
    private Path directory;

    @Test
    void quotesWhatWouldBreakALine() throws IOException {
        Path file = directory.resolve("results.csv");

        try (ResultsFile results = ResultsFile.create(file, false)) {
            results.begin();
            results.write(ResultLine.notAttempted(new Input(0, "a,\"b\"\r\nc")));
            results.write(ResultLine.lost(new Input(1, " =1+1\ud83d"), "broke off"));
        }

        assertThat(file)
                .hasContent(HEADER + "\n0,\"a,\"\"b\"\"\r\nc\",not_attempted,,,,0,0,\n"
                        + "1, =1+1?,failed,,unknown,,,,broke off\n");
    }

    @Test
    void canBeReadWhileItIsWritten() throws IOException {
        Path file = directory.resolve("results.csv");

        try (ResultsFile results = ResultsFile.create(file, false)) {
            results.begin();
            for (int i = 0; i < 150; i++) {
                results.write(ResultLine.notAttempted(new Input(i, "cont_" + i)));
            }
            assertThat(Files.readAllLines(file)).hasSizeGreaterThan(100);
            assertThat(Files.readAllLines(file)).hasSize(151);
        }
    }

    @Test
    void replacesAnExistingFileIfTold() throws IOException {
        Path file = Files.writeString(directory.resolve("results.csv"), "much longer than ".repeat(100));

        try (ResultsFile results = ResultsFile.create(file, true)) {
            results.begin();
        }

        assertThat(file).hasContent(HEADER);
    }

    @Test
    void refusesAPlaceThatCannotBeWritten() {
        Path file = directory.resolve("missing").resolve("results.csv");

        assertThatThrownBy(() -> ResultsFile.create(file, false))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot write the results: " + file + ": no such file or directory");
        assertThatThrownBy(() -> ResultsFile.create(directory, true))
                .isInstanceOf(UsageException.class)
                .hasMessageEndingWith("is a directory");
    }

    @Test
    void saysSoWhenTheDiskIsFull() {
        Path full = Path.of("/dev/full");
        assumeThat(full).exists();

        assertThatThrownBy(() -> ResultsFile.create(full, true).begin())
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot write the results: /dev/full: No space left on device");
    }
}
