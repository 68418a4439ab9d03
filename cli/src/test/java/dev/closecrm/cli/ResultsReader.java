package dev.closecrm.cli;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Reads a results file back. */
final class ResultsReader {

    private final List<NamedCsvRecord> rows;

    ResultsReader(Path file) throws IOException {
        try (CsvReader<NamedCsvRecord> csv = CsvReader.builder().ofNamedCsvRecord(file)) {
            this.rows = csv.stream()
                    .sorted(Comparator.comparingInt(row -> Integer.parseInt(row.getField("index"))))
                    .toList();
        }
    }

    /** The rows in the order of the inputs. */
    List<NamedCsvRecord> byIndex() {
        return rows;
    }

    long count(String outcome) {
        return rows.stream()
                .filter(row -> row.getField("outcome").equals(outcome))
                .count();
    }
}
