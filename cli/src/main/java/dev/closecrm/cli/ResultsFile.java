package dev.closecrm.cli;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
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
final class ResultsFile implements AutoCloseable {

    private final Path file;
    private final CsvWriter csv;

    private ResultsFile(Path file, CsvWriter csv) {
        this.file = file;
        this.csv = csv;
    }

    /** Refuses a file that must not be written to, before anything is sent. */
    static void check(Path file, boolean overwrite) {
        if (Files.isDirectory(file)) {
            throw new UsageException("the results cannot go to " + file + ": is a directory");
        }
        if (!overwrite && Files.exists(file)) {
            throw new UsageException("the results file " + file + " exists; add --overwrite to replace it");
        }
    }

    /** Creates the file and writes the header. */
    static ResultsFile open(Path file, boolean overwrite) {
        check(file, overwrite);
        OpenOption existing = overwrite ? StandardOpenOption.CREATE : StandardOpenOption.CREATE_NEW;
        try {
            return to(file, writer(file, existing));
        } catch (UnwritableException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e.cause()));
        } catch (IOException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e));
        }
    }

    /** Writes the header, and whatever follows, to a writer. */
    static ResultsFile to(Path file, Writer writer) {
        ResultsFile results = new ResultsFile(
                file, CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(writer));
        results.write(ResultLine.HEADER);
        return results;
    }

    /** Not Files.newBufferedWriter: that one refuses to write half a surrogate pair, and ids are whatever was handed in. */
    private static Writer writer(Path file, OpenOption existing) throws IOException {
        return new BufferedWriter(new OutputStreamWriter(
                Files.newOutputStream(file, existing, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING),
                StandardCharsets.UTF_8));
    }

    void write(List<String> line) {
        try {
            csv.writeRecord(line);
            flush();
        } catch (UncheckedIOException e) {
            throw new UnwritableException(file, Objects.requireNonNull(e.getCause()));
        }
    }

    /** Line by line: what is in a buffer is lost when the process is killed. */
    private void flush() {
        try {
            csv.flush();
        } catch (IOException e) {
            throw new UnwritableException(file, e);
        }
    }

    @Override
    public void close() {
        try {
            csv.close();
        } catch (IOException e) {
            throw new UnwritableException(file, e);
        }
    }

    /** The file cannot be written any more. */
    static final class UnwritableException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final IOException trouble;

        UnwritableException(Path file, IOException trouble) {
            super("cannot write the results any more: " + FileTrouble.of(file, trouble), trouble);
            this.trouble = trouble;
        }

        IOException cause() {
            return trouble;
        }
    }
}
