package dev.closecrm.cli.input;

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
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads contact ids from a list with one id a line, or from the column of a CSV file. Which of them it is, the first line that
 * is not blank tells. Ids come out as they stand: nothing but the line end is taken off.
 */
public final class IdSource {

    /** The name that stands for the standard input. */
    public static final String STDIN = "-";

    private static final char BOM = '\ufeff';
    private static final char[] SEPARATORS = {',', ';', '\t'};
    /** Which of them it is, is seen all the same. */
    private static final Pattern SEPARATOR_FOR_EXCEL = Pattern.compile("sep=[,;\t]");

    private static final Pattern LINE = Pattern.compile("(?<=line )\\d+");
    private static final String DEFAULT_COLUMN = "contact_id";
    private static final int SHOWN_COLUMNS = 8;
    private static final int LONGEST_NAME = 40;

    private final String column;
    private final Path file;
    private final String name;

    /**
     * Names a source.
     *
     * @param column the column that holds the ids, if it is CSV
     * @param file where they are
     * @param name what a person calls that place
     */
    IdSource(String column, Path file, String name) {
        this.column = column;
        this.file = file;
        this.name = name;
    }

    /** The file of that name, where the machine has names like it. */
    public static Path path(String name) {
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

    Path file() {
        return file;
    }

    String name() {
        return name;
    }

    /** Begins to read. What is not readable is a {@link UsageException}, now or later. */
    IdReader open() {
        InputStream in;
        try {
            in = Files.newInputStream(file);
        } catch (IOException e) {
            throw unreadable(e);
        }
        boolean begun = false;
        try {
            IdReader reader = begin(in);
            begun = true;
            return reader;
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            if (!begun) {
                closeQuietly(in);
            }
        }
    }

    private IdReader begin(InputStream in) throws IOException {
        Lines lines = new Lines(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
        String first = firstLine(lines);
        if (first == null) {
            return new ListReader(lines, null);
        }
        for (char separator : SEPARATORS) {
            List<String> cells = cells(first, separator);
            int place = cells.indexOf(column);
            if (place != cells.lastIndexOf(column)) {
                throw new UsageException(
                        "the ids in " + name + " have two columns \"" + column + "\"; rename the one without the ids");
            }
            if (place >= 0) {
                return new ColumnReader(lines, separator, place);
            }
        }
        for (char separator : SEPARATORS) {
            if (first.indexOf(separator) >= 0) {
                throw withoutColumn(cells(first, separator));
            }
        }
        if (!column.equals(DEFAULT_COLUMN) && !Inputs.isContactId(first)) {
            throw withoutColumn(List.of(first.strip()));
        }
        return new ListReader(lines, first);
    }

    private UsageException withoutColumn(List<String> columns) {
        String names = columns.stream()
                .limit(SHOWN_COLUMNS)
                .map(found -> '"'
                        + found.substring(0, Math.min(found.length(), LONGEST_NAME))
                                .replaceAll("\\p{Cntrl}", "?")
                        + '"')
                .collect(Collectors.joining(", "));
        return new UsageException("the ids in " + name + " look like CSV, but the first line has no column \"" + column
                + "\", only " + names + (columns.size() > SHOWN_COLUMNS ? " and more" : "")
                + "; name the one with the ids with --id-column");
    }

    private @Nullable String firstLine(Lines lines) throws IOException {
        String line = lines.next();
        if (line != null && !line.isEmpty() && line.charAt(0) == BOM) {
            line = line.substring(1);
        }
        while (line != null && line.isBlank()) {
            line = lines.next();
        }
        if (line != null && SEPARATOR_FOR_EXCEL.matcher(line).matches()) {
            line = lines.next();
        }
        if (line != null && line.indexOf('\0') >= 0) {
            throw new UsageException("the ids in " + name + " are not text in UTF-8");
        }
        return line;
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

    private UsageException unreadable(IOException error) {
        // Its reason names the place, which for a spooled standard input is not the file.
        return new UsageException(
                "cannot read the ids: " + FileTrouble.of(file, error).replace(file.toString(), name));
    }

    private static void closeQuietly(InputStream in) {
        try {
            in.close();
        } catch (IOException e) {
            // What went wrong first is what is told.
        }
    }

    /** Lines with their numbers. */
    private static final class Lines {

        private final BufferedReader in;
        private long number;

        Lines(BufferedReader in) {
            this.in = in;
        }

        @Nullable String next() throws IOException {
            number++;
            return in.readLine();
        }
    }

    /** One id a line. */
    private final class ListReader implements IdReader {

        private final Lines lines;
        private @Nullable String first;

        ListReader(Lines lines, @Nullable String first) {
            this.lines = lines;
            this.first = first;
        }

        @Override
        public @Nullable String next() {
            String line = first;
            first = null;
            try {
                while (line == null || line.isBlank()) {
                    line = lines.next();
                    if (line == null) {
                        return null;
                    }
                }
                return line;
            } catch (IOException e) {
                throw unreadable(e);
            }
        }

        @Override
        public long line() {
            return lines.number;
        }

        @Override
        public void close() throws IOException {
            lines.in.close();
        }
    }

    /** A column of the rows behind the header. */
    private final class ColumnReader implements IdReader {

        private final Lines lines;
        private final long headerLines;
        private final int place;
        private final Iterator<CsvRecord> rows;
        private long line;

        ColumnReader(Lines lines, char separator, int place) {
            this.lines = lines;
            this.headerLines = lines.number;
            this.place = place;
            this.rows = csv(separator).ofCsvRecord(lines.in).iterator();
        }

        @Override
        public @Nullable String next() {
            try {
                while (rows.hasNext()) {
                    CsvRecord row = rows.next();
                    boolean blank = row.getFieldCount() == 1 && row.getField(0).isBlank();
                    if (!blank) {
                        line = headerLines + row.getStartingLineNumber();
                        // A row too short for the column is an empty id, which the run reports as invalid.
                        return place < row.getFieldCount() ? row.getField(place) : "";
                    }
                }
                return null;
            } catch (UncheckedIOException e) {
                throw unreadable(Objects.requireNonNull(e.getCause()));
            } catch (CsvParseException e) {
                // It counts from behind the header.
                String trouble = LINE.matcher(String.valueOf(e.getMessage()))
                        .replaceAll(number -> Long.toString(headerLines + Long.parseLong(number.group())));
                throw new UsageException("the ids in " + name + " are not readable as CSV: " + trouble);
            }
        }

        @Override
        public long line() {
            return line;
        }

        @Override
        public void close() throws IOException {
            lines.in.close();
        }
    }
}
