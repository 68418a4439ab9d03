package dev.closecrm.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads contact ids from a list with one id a line, or from the column of a CSV file. Which of them it is, the first line that
 * is not blank tells. Ids come out as they stand: nothing but the line end is taken off.
 */
final class IdSource {

    static final String STDIN = "-";

    private static final char BOM = '\ufeff';
    private static final char[] SEPARATORS = {',', ';', '\t'};

    private final String column;

    IdSource(String column) {
        this.column = column;
    }

    /** Reads a file, or the given stream if the name is {@value #STDIN}. */
    List<String> read(String name, InputStream stdin) {
        if (name.equals(STDIN)) {
            return read(stdin, Path.of("standard input"));
        }
        Path file = path(name);
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** The file of that name, where the machine has names like it. */
    static Path path(String name) {
        if (name.isEmpty()) {
            throw new UsageException("--ids: the name of the file is empty");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UsageException(
                    "--ids: this machine's language setting has no file of that name; try LC_ALL=C.UTF-8");
        }
    }

    private List<String> read(InputStream in, Path from) {
        try {
            // Not closed here: the stream belongs to the caller.
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            String first = firstLine(lines, from);
            if (first == null) {
                return List.of();
            }
            for (char separator : SEPARATORS) {
                int place = cells(first, separator).indexOf(column);
                if (place >= 0) {
                    return column(lines, separator, place);
                }
            }
            if (first.indexOf(',') >= 0 || first.indexOf(';') >= 0 || first.indexOf('\t') >= 0) {
                throw new UsageException("the ids in " + from + " look like CSV, but the first line has no column \""
                        + column + "\"; name the column with --id-column");
            }
            return list(first, lines);
        } catch (IOException e) {
            throw unreadable(from, e);
        } catch (UncheckedIOException e) {
            throw unreadable(from, Objects.requireNonNull(e.getCause()));
        } catch (CsvParseException e) {
            throw new UsageException("the ids in " + from + " are not readable as CSV: " + e.getMessage());
        }
    }

    private static @Nullable String firstLine(BufferedReader lines, Path from) throws IOException {
        String line = lines.readLine();
        if (line != null && !line.isEmpty() && line.charAt(0) == BOM) {
            line = line.substring(1);
        }
        while (line != null && line.isBlank()) {
            line = lines.readLine();
        }
        if (line != null && line.indexOf('\0') >= 0) {
            throw new UsageException("the ids in " + from + " are not text in UTF-8");
        }
        return line;
    }

    private static List<String> list(String first, BufferedReader lines) throws IOException {
        List<String> ids = new ArrayList<>();
        for (String line = first; line != null; line = lines.readLine()) {
            if (!line.isBlank()) {
                ids.add(line);
            }
        }
        return ids;
    }

    private static List<String> column(BufferedReader rows, char separator, int place) {
        List<String> ids = new ArrayList<>();
        for (CsvRecord row : csv(separator).ofCsvRecord(rows)) {
            boolean blank = row.getFieldCount() == 1 && row.getField(0).isBlank();
            if (!blank) {
                // A row too short for the column is an empty id, which the run reports as invalid.
                ids.add(place < row.getFieldCount() ? row.getField(place) : "");
            }
        }
        return ids;
    }

    private static List<String> cells(String header, char separator) {
        try {
            return csv(separator).ofCsvRecord(header).stream()
                    .flatMap(row -> row.getFields().stream())
                    .map(String::strip)
                    .toList();
        } catch (CsvParseException e) {
            return List.of();
        }
    }

    private static CsvReader.CsvReaderBuilder csv(char separator) {
        return CsvReader.builder()
                .fieldSeparator(separator)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                // Such a quote would take every id behind it into its cell.
                .allowUnclosedQuote(false);
    }

    private static UsageException unreadable(Path from, IOException error) {
        return new UsageException("cannot read the ids: " + FileTrouble.of(from, error));
    }
}
