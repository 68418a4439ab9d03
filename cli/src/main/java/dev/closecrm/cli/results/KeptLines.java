package dev.closecrm.cli.results;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.Fingerprint;
import dev.closecrm.cli.input.IdTable;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.UsageException;
import dev.closecrm.core.DeleteOutcome;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines that earlier runs left in a results file. Those with a last result are kept; failures, what was not attempted, what a
 * key that has seen no contact did not find, what repeats any of them, and an unfinished last line are not, since those inputs are
 * tried again.
 */
final class KeptLines {

    private static final int INDEX = 0;
    private static final int CONTACT_ID = 1;
    private static final int OUTCOME = 2;
    private static final int DELIVERY = 4;
    /** 5 MB. */
    private static final int SLOTS = 1 << 18;

    private static final int REPEATED = 1;
    private static final int DEALT_WITH = 2;
    private static final Set<String> CERTAINLY_NOT_DELETED = Set.of("not_sent", "not_applied");

    private final Path file;
    private final int inputs;
    private final @Nullable BitSet sure;
    private final Earlier earlier = Earlier.none();
    private final BitSet withLine = new BitSet();
    private final BitSet maybeDeleted = new BitSet();
    private final BitSet duplicates = new BitSet();
    private final Fingerprint fingerprint = new Fingerprint();
    private final Map<String, Boolean> lastIds;
    private boolean any;
    private boolean anyToDrop;

    private KeptLines(Path file, Inputs.Survey survey, @Nullable BitSet sure, int remembered) {
        this.file = file;
        this.sure = sure;
        this.inputs = survey.count();
        this.lastIds = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                return size() > remembered;
            }
        };
    }

    /**
     * Reads the file, if there is one. Changes nothing.
     *
     * @param sure the inputs of which a 404 says that the contact is gone, or null for all
     */
    static KeptLines read(Path file, Inputs.Survey survey, @Nullable BitSet sure, int remembered) {
        KeptLines lines = new KeptLines(file, survey, sure, remembered);
        lines.forEach(lines::note);
        lines.settleDuplicates();
        return lines;
    }

    /** Where the file is rewritten, before it takes the place of the old one. */
    static Path rewritten(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }

    /** Whether there is as much as a header. */
    boolean any() {
        return any;
    }

    /** The inputs with a last result. */
    Earlier earlier() {
        return earlier;
    }

    /** Those with any result. */
    BitSet withLine() {
        return withLine;
    }

    /** Those that failed and may be deleted all the same. */
    BitSet maybeDeleted() {
        return maybeDeleted;
    }

    /** That of the inputs with a last result. */
    String fingerprint() {
        return fingerprint.value();
    }

    /** Whether the id has been dealt with, as far as it is one of the last. */
    boolean dealtWith(String id) {
        return lastIds.containsKey(id);
    }

    private void note(CsvRecord line) {
        int index = index(line);
        if (earlier.settled().get(index) || duplicates.get(index)) {
            throw damaged("input " + index + " has two lines");
        }
        withLine.set(index);
        DeleteOutcome.Kind kind = kind(line);
        switch (kind) {
            case DELETED, NOT_FOUND -> {
                if (isDoubtful(index, line)) {
                    anyToDrop = true;
                    // Inferred from a 404 because it may have been.
                    maybeDeleted.set(index, kind == DeleteOutcome.Kind.DELETED);
                    return;
                }
                settle(index, kind, line);
                lastIds.put(line.getField(CONTACT_ID), true);
            }
            case DUPLICATE -> duplicates.set(index);
            case FAILED -> {
                anyToDrop = true;
                if (!CERTAINLY_NOT_DELETED.contains(line.getField(DELIVERY))) {
                    maybeDeleted.set(index);
                }
            }
            case NOT_ATTEMPTED -> anyToDrop = true;
        }
    }

    /** A 404 for a key that has seen no contact: it may be one of another organisation. */
    private boolean isDoubtful(int index, CsvRecord line) {
        return sure != null && !sure.get(index) && ResultLine.isFrom404(line.getFields());
    }

    private void settle(int index, DeleteOutcome.Kind kind, CsvRecord line) {
        earlier.settle(index, kind);
        fingerprint.add(index, line.getField(CONTACT_ID));
    }

    /** A repetition is settled with the line it repeats. The run that wrote it may have failed at that one. */
    private void settleDuplicates() {
        IdTable ids = new IdTable(SLOTS, duplicates.cardinality());
        for (int part = 0; part < ids.parts() && !duplicates.isEmpty(); part++) {
            int mine = part;
            ids.clear();
            forEach(line -> {
                if (duplicates.get(index(line)) && ids.inPart(line.getField(CONTACT_ID), mine)) {
                    ids.put(line.getField(CONTACT_ID), REPEATED);
                }
            });
            forEach(line -> {
                if (earlier.settled().get(index(line)) && ids.get(line.getField(CONTACT_ID)) == REPEATED) {
                    ids.put(line.getField(CONTACT_ID), DEALT_WITH);
                }
            });
            forEach(line -> {
                if (duplicates.get(index(line)) && ids.get(line.getField(CONTACT_ID)) == DEALT_WITH) {
                    settle(index(line), DeleteOutcome.Kind.DUPLICATE, line);
                }
            });
        }
        duplicates.andNot(earlier.settled());
        anyToDrop |= !duplicates.isEmpty();
    }

    /** Rewrites the file with the lines that are kept, at once or not at all. */
    void keep() {
        long intact;
        try {
            intact = Files.exists(file) ? intactLength() : 0;
            if (intact > 0 && !anyToDrop && intact == Files.size(file)) {
                return;
            }
            Path rewritten = rewritten(file);
            try (Writer out = ResultsFile.writer(
                            rewritten,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING);
                    CsvWriter csv =
                            CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(out)) {
                csv.writeRecord(ResultLine.HEADER);
                forEach(line -> {
                    if (earlier.settled().get(index(line))) {
                        csv.writeRecord(line.getFields());
                    }
                });
            }
            copyPermissions(rewritten);
            Files.move(rewritten, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UsageException("cannot write the results: " + FileTrouble.of(file, e));
        } catch (UncheckedIOException e) {
            throw new UsageException(
                    "cannot write the results: " + FileTrouble.of(file, Objects.requireNonNull(e.getCause())));
        }
    }

    private void copyPermissions(Path rewritten) throws IOException {
        if (Files.exists(file) && Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(rewritten, Files.getPosixFilePermissions(file));
        }
    }

    /** What takes each line. */
    private interface OnLine {
        void accept(CsvRecord line);
    }

    private void forEach(OnLine onLine) {
        if (!Files.exists(file)) {
            return;
        }
        try (InputStream in = new FirstBytes(Files.newInputStream(file), intactLength());
                CsvReader<CsvRecord> csv = CsvReader.builder()
                        .allowUnclosedQuote(false)
                        .ofCsvRecord(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            Iterator<CsvRecord> lines = csv.iterator();
            any = lines.hasNext();
            if (any && !lines.next().getFields().equals(ResultLine.HEADER)) {
                throw damaged("its first line is not the header of one");
            }
            while (lines.hasNext()) {
                onLine.accept(lines.next());
            }
        } catch (IOException e) {
            throw new UsageException("cannot read the results: " + FileTrouble.of(file, e));
        } catch (UncheckedIOException e) {
            throw new UsageException(
                    "cannot read the results: " + FileTrouble.of(file, Objects.requireNonNull(e.getCause())));
        } catch (CsvParseException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    /** How far the file goes without a line that has no end. A line end inside quotes is none. */
    private long intactLength() throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            long read = 0;
            long intact = 0;
            boolean quoted = false;
            for (int c = in.read(); c >= 0; c = in.read()) {
                read++;
                if (c == '"') {
                    quoted = !quoted;
                } else if (c == '\n' && !quoted) {
                    intact = read;
                }
            }
            return intact;
        }
    }

    private int index(CsvRecord line) {
        try {
            int index = Integer.parseInt(line.getField(INDEX));
            if (index >= 0 && index < inputs && line.getFieldCount() == ResultLine.HEADER.size()) {
                return index;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw damaged("line " + line.getStartingLineNumber() + " is not about one of the " + inputs + " inputs");
    }

    private DeleteOutcome.Kind kind(CsvRecord line) {
        String outcome = line.getField(OUTCOME);
        for (DeleteOutcome.Kind kind : DeleteOutcome.Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(outcome)) {
                return kind;
            }
        }
        throw damaged("line " + line.getStartingLineNumber() + " has no outcome that is known");
    }

    UsageException damaged(String how) {
        return new UsageException(
                "the results file " + file + " was not written by a run over these ids, or was changed: " + how
                        + "; to begin anew, name another file with --results");
    }

    /** The beginning of a file. */
    private static final class FirstBytes extends FilterInputStream {

        private long left;

        FirstBytes(InputStream in, long length) {
            super(in);
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            int read = super.read();
            left -= read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int read = super.read(into, offset, (int) Math.min(length, left));
            left -= Math.max(read, 0);
            return read;
        }
    }
}
