package dev.closecrm.cli.results;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Reads a results file back. */
public final class ResultsReader {

    private final List<NamedCsvRecord> rows;

    /** Reads it. */
    public ResultsReader(Path file) throws IOException {
        try (CsvReader<NamedCsvRecord> csv = CsvReader.builder().ofNamedCsvRecord(file)) {
            this.rows = csv.stream()
                    .sorted(Comparator.comparingInt(row -> Integer.parseInt(row.getField("index"))))
                    .toList();
        }
    }

    /** The rows in the order of the inputs. */
    public List<NamedCsvRecord> byIndex() {
        return rows;
    }

    /** How many rows have that outcome. */
    public long count(String outcome) {
        return rows.stream()
                .filter(row -> row.getField("outcome").equals(outcome))
                .count();
    }
}
