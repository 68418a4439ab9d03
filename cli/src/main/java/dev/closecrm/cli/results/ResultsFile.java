package dev.closecrm.cli.results;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.UsageException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/**
 * The file with one line for each input. Written by one thread, as results arrive, so that a run that is killed leaves what it
 * knew. What cannot be written is an {@link UnwritableException}: a run that cannot be accounted for has to stop.
 */
public final class ResultsFile implements AutoCloseable {

    private final Path file;
    private final CsvWriter csv;

    private ResultsFile(Path file, Writer writer) {
        this.file = file;
        this.csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(writer);
    }

    /** Creates the file, or takes out what is in it. The header is still to be written. */
    static ResultsFile create(Path file, boolean overwrite) {
        OpenOption existing = overwrite ? StandardOpenOption.CREATE : StandardOpenOption.CREATE_NEW;
        try {
            return new ResultsFile(
                    file, writer(file, existing, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING));
        } catch (IOException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e));
        }
    }

    /** Writes the header of a new file. */
    void begin() {
        try {
            write(ResultLine.HEADER);
        } catch (UnwritableException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e.trouble()));
        }
    }

    /** Goes on with a file that has its header. */
    static ResultsFile append(Path file) {
        try {
            return new ResultsFile(file, writer(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e));
        }
    }

    /** Writes the header, and whatever follows, to a writer. */
    public static ResultsFile to(Path file, Writer writer) {
        ResultsFile results = new ResultsFile(file, writer);
        results.write(ResultLine.HEADER);
        return results;
    }

    /** Not Files.newBufferedWriter: that one refuses to write half a surrogate pair, and ids are whatever was handed in. */
    static Writer writer(Path file, OpenOption... options) throws IOException {
        return new BufferedWriter(new OutputStreamWriter(Files.newOutputStream(file, options), StandardCharsets.UTF_8));
    }

    /** Writes a line, and hands it to the system: what is in a buffer is lost when the process is killed. */
    public void write(List<String> line) {
        try {
            csv.writeRecord(line);
            flush();
        } catch (UncheckedIOException e) {
            throw new UnwritableException("the results", file, Objects.requireNonNull(e.getCause()));
        }
    }

    private void flush() {
        try {
            csv.flush();
        } catch (IOException e) {
            throw new UnwritableException("the results", file, e);
        }
    }

    @Override
    public void close() {
        try {
            csv.close();
        } catch (IOException e) {
            throw new UnwritableException("the results", file, e);
        }
    }
}
