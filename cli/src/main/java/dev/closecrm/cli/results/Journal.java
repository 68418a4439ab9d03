package dev.closecrm.cli.results;

import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.UsageException;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What was begun, beside the results file. An input is written here before it may be sent, and its line in the results file
 * follows when it has its result: so whatever a run knew when it was killed, an input that is in neither file was never sent.
 *
 * <pre>
 * closecrm-journal 1 &lt;count&gt; &lt;fingerprint&gt;   which inputs these are
 * 17                                       input 17 was begun
 * seen                                     this run has deleted a contact: what is not found for its key is not there
 * maybe 9                                  at the time of the next "resumed", input 9 may have been deleted without a result
 * resumed                                  another run goes on: what was begun before it is told by its "maybe" lines
 * </pre>
 *
 * <p>It is only ever appended to. A last line without its end was being written when the run was killed: what it was about had not
 * happened yet, and it is dropped. A line is complete once it is with the operating system, which outlives the process; it is not
 * forced to the disk. The lock on the file is kept for as long as the process may write to it or to the results file.
 */
public final class Journal implements AutoCloseable {

    private static final String MAGIC = "closecrm-journal 1";
    private static final String SEEN = "seen";
    private static final String MAYBE = "maybe ";
    private static final String RESUMED = "resumed";
    private static final int LONGEST_LINE = 200;

    private final Path path;
    // Not a channel of its own: an interrupt would close that, and with it give the lock away.
    private final RandomAccessFile file;
    private final boolean created;
    private boolean seen;

    private Journal(Path path, RandomAccessFile file, boolean created) {
        this.path = path;
        this.file = file;
        this.created = created;
    }

    /** Where the journal of a results file is. */
    static Path beside(Path results) {
        return results.resolveSibling(results.getFileName() + ".journal");
    }

    /** Begins anew. What was in the file before is gone. */
    void begin(Inputs.Survey inputs) {
        try {
            file.setLength(0);
            append(header(inputs));
        } catch (UnwritableException | IOException e) {
            IOException trouble = e instanceof UnwritableException it ? it.trouble() : (IOException) e;
            throw new UsageException("cannot write the journal: " + FileTrouble.of(path, trouble));
        }
    }

    private static String header(Inputs.Survey inputs) {
        return MAGIC + " " + inputs.count() + " " + inputs.fingerprint();
    }

    /** Opens one for this process alone. */
    static Journal open(Path path) {
        RandomAccessFile file;
        boolean created = false;
        try {
            if (!Files.exists(path)) {
                created = true;
                Files.createFile(path); // says more of what is wrong than the line below
            }
            file = new RandomAccessFile(path.toFile(), "rw");
        } catch (IOException e) {
            throw new UsageException("cannot write the journal: " + FileTrouble.of(path, e));
        }
        Journal journal = new Journal(path, file, created);
        try {
            if (journal.lock() != null) {
                return journal;
            }
        } catch (IOException e) {
            journal.close();
            throw new UsageException("cannot lock the journal: " + FileTrouble.of(path, e));
        }
        journal.close();
        throw new UsageException("another run is writing to the same results (it holds " + path
                + "); wait for it, or name another file with --results");
    }

    private @Nullable FileLock lock() throws IOException {
        try {
            return file.getChannel().tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // another run in this process
        }
    }

    /**
     * What earlier runs wrote.
     *
     * @param begun what the last of them began
     * @param maybe what those before it may have deleted without a result
     * @param sure what was last begun by a run that has deleted a contact: of no other one a 404 says that it is gone
     */
    record Contents(BitSet begun, BitSet maybe, BitSet sure) {}

    /**
     * Reads it, drops an unfinished last line, and is ready to go on.
     *
     * @return what is in it, or null if it has no whole header: a run that was killed so early had begun nothing
     */
    @Nullable Contents read(Inputs.Survey inputs) {
        try {
            return parse(inputs);
        } catch (IOException e) {
            throw new UsageException("cannot read the journal: " + FileTrouble.of(path, e));
        }
    }

    private @Nullable Contents parse(Inputs.Survey inputs) throws IOException {
        file.seek(0);
        // Not closed: that would give the lock away.
        Lines lines = new Lines(new BufferedInputStream(new FileInputStream(file.getFD())));
        String header = lines.next();
        if (header == null) {
            if (!MAGIC.startsWith(lines.torn) && !lines.torn.startsWith(MAGIC + " ")) {
                throw damaged();
            }
            return null;
        }
        check(header, inputs);
        BitSet begun = new BitSet();
        BitSet told = new BitSet();
        BitSet maybe = new BitSet();
        BitSet sure = new BitSet();
        boolean seen = false;
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (line.equals(RESUMED)) {
                judge(begun, seen, sure);
                seen = false;
                begun.clear();
                maybe = told;
                told = new BitSet();
            } else if (line.equals(SEEN)) {
                seen = true;
            } else if (line.startsWith(MAYBE)) {
                told.set(index(line.substring(MAYBE.length()), inputs));
            } else {
                begun.set(index(line, inputs));
            }
        }
        judge(begun, seen, sure);
        file.setLength(lines.complete);
        file.seek(lines.complete);
        return new Contents(begun, maybe, sure);
    }

    private static void judge(BitSet begun, boolean seen, BitSet sure) {
        if (seen) {
            sure.or(begun);
        } else {
            sure.andNot(begun);
        }
    }

    private void check(String header, Inputs.Survey inputs) {
        if (!header.startsWith(MAGIC + " ")) {
            throw damaged();
        }
        if (!header.equals(header(inputs))) {
            String count = header.substring(MAGIC.length() + 1).split(" ", 2)[0];
            throw new UsageException("these are not the ids that the earlier run was given: it had " + count
                    + ", now there are " + inputs.count()
                    + (count.equals(Integer.toString(inputs.count())) ? " others" : "")
                    + "; give it the same ids, or leave --resume out and name another file with --results");
        }
    }

    private int index(String text, Inputs.Survey inputs) {
        try {
            int index = Integer.parseInt(text);
            if (index >= 0 && index < inputs.count()) {
                return index;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw damaged();
    }

    private UsageException damaged() {
        return new UsageException(
                "the journal " + path + " is damaged or not one of this command; without it nobody knows"
                        + " what was sent. To begin anew, name another file with --results");
    }

    /** Writes that an input is begun. Returns once the system has it. */
    public void begin(int index) {
        append(Integer.toString(index));
    }

    /** Writes that this run has deleted a contact, unless it is written already. */
    void seen() {
        if (!seen) {
            append(SEEN);
            seen = true;
        }
    }

    /** Writes that another run goes on, and what may have been deleted so far without a result. */
    void resumed(BitSet maybe) {
        StringBuilder lines = new StringBuilder();
        for (int index = maybe.nextSetBit(0); index >= 0; index = maybe.nextSetBit(index + 1)) {
            lines.append(MAYBE).append(index).append('\n');
            if (lines.length() > 8_000) {
                append(lines.substring(0, lines.length() - 1));
                lines.setLength(0);
            }
        }
        append(lines + RESUMED);
    }

    private void append(String line) {
        try {
            file.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UnwritableException("the journal", path, e);
        }
    }

    /** Nothing came of it: deletes it if it was not there before. */
    void giveUp() {
        if (created) {
            delete();
        }
        close();
    }

    /** Deletes it: every input has its last result, and there is nothing to go on with. */
    void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // Left behind it does no harm: it says of inputs that have their result that they were begun.
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            // Every line is with the system already.
        }
    }

    /** Lines that have their end. */
    private static final class Lines {

        private final InputStream in;
        private long complete;
        private String torn = "";

        Lines(InputStream in) {
            this.in = in;
        }

        @Nullable String next() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c == '\n') {
                    complete += line.length() + 1;
                    return line.toString();
                }
                if (line.length() < LONGEST_LINE) {
                    line.append((char) c);
                }
            }
            torn = line.toString();
            return null;
        }
    }
}
