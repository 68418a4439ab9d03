package dev.closecrm.cli.input;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.error.InvalidContactIdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All inputs of a run, in order. They are read from their source each time they are needed and never kept, so that memory does
 * not grow with their number. The first pass is {@link #survey}: it finds out whether all of it is readable, and how many there
 * are, before anything is sent. What comes out of every later pass is what was counted, and nothing else: a block of inputs comes
 * out once all of it has been read again and has the same hash.
 */
public final class Inputs implements AutoCloseable {

    private final List<String> arguments;
    private final @Nullable IdSource source;
    private final @Nullable Path spooled;

    private @Nullable Survey survey;
    private @Nullable State state;
    private BlockHashes hashes = new BlockHashes();

    private Inputs(List<String> arguments, @Nullable IdSource source, @Nullable Path spooled) {
        this.arguments = List.copyOf(arguments);
        this.source = source;
        this.spooled = spooled;
    }

    /** Those of the command line alone. */
    public static Inputs of(List<String> arguments) {
        return new Inputs(arguments, null, null);
    }

    /** Those of the command line, and then those of a file or of the standard input, if that is its name. */
    public static Inputs of(List<String> arguments, String file, String column, InputStream stdin) {
        if (file.equals(IdSource.STDIN)) {
            Path spooled = spool(stdin, Path.of("standard input"));
            return new Inputs(arguments, new IdSource(column, spooled, "standard input"), spooled);
        }
        Path path = IdSource.path(file);
        if (Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path)) {
            // A pipe can be read once.
            try (InputStream in = Files.newInputStream(path)) {
                Path spooled = spool(in, path);
                return new Inputs(arguments, new IdSource(column, spooled, file), spooled);
            } catch (IOException e) {
                throw new UsageException("cannot read the ids: " + FileTrouble.of(path, e));
            }
        }
        return new Inputs(arguments, new IdSource(column, path, file), null);
    }

    private static Path spool(InputStream in, Path from) {
        Path file;
        try {
            // Readable for its owner only.
            file = Files.createTempFile("closecrm-ids-", ".tmp");
        } catch (IOException e) {
            throw new UsageException("cannot keep the ids of " + from + " in a temporary file: " + e.getMessage());
        }
        // For an interruption; a run that comes to its end deletes it itself.
        file.toFile().deleteOnExit();
        try {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UsageException("cannot read the ids: " + FileTrouble.of(from, e));
        }
        return file;
    }

    /** The file that they are read from, if it is not one of this command's own making. */
    public Optional<Path> file() {
        return source == null || spooled != null ? Optional.empty() : Optional.of(source.file());
    }

    /**
     * What the first pass finds.
     *
     * @param count how many inputs there are
     * @param invalid how many of them are not contact ids
     * @param fingerprint tells them from others
     */
    public record Survey(int count, int invalid, String fingerprint) {}

    /** Is told of each input that is not a contact id. */
    public interface OnInvalid {
        /** Takes one, with where it stands. */
        void accept(String place, String id);
    }

    /** Reads all inputs once. */
    public Survey survey(OnInvalid onInvalid) {
        state = State.of(source);
        BlockHashes found = new BlockHashes();
        List<String> block = new ArrayList<>(BlockHashes.SIZE);
        Fingerprint fingerprint = new Fingerprint();
        int invalid = 0;
        int count = 0;
        try (Pass pass = read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                count++;
                block.add(input.id());
                if (block.size() == BlockHashes.SIZE) {
                    found.add(block);
                    block.clear();
                }
                fingerprint.add(input.index(), input.id());
                if (!isContactId(input.id())) {
                    invalid++;
                    onInvalid.accept(pass.place(), input.id());
                }
            }
        }
        found.add(block);
        hashes = found;
        Survey all = new Survey(count, invalid, fingerprint.value());
        survey = all;
        return all;
    }

    /** Whether it is one. What is not is never sent. */
    public static boolean isContactId(String id) {
        try {
            ContactId.of(id);
            return true;
        } catch (InvalidContactIdException e) {
            return false;
        }
    }

    /** Begins to read all inputs. */
    public Pass read() {
        return new Pass(true);
    }

    /** The same from a source that may have been written to. What stands in front of the change comes out all the same. */
    public Pass readUpToAChange() {
        return new Pass(false);
    }

    /** Deletes the temporary file, if there is one. */
    @Override
    public void close() {
        if (spooled != null) {
            try {
                Files.deleteIfExists(spooled);
            } catch (IOException e) {
                // Tried again when the process ends.
            }
        }
    }

    /** The inputs have changed since they were counted. */
    public static final class ChangedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        ChangedException(String name, String how) {
            super("the ids in " + name + " changed after they had been counted: " + how
                    + "; nothing of what changed was sent. Leave the file alone until the run has ended");
        }
    }

    /** What a file looked like. */
    private record State(long size, FileTime modified) {

        static @Nullable State of(@Nullable IdSource source) {
            if (source == null) {
                return null;
            }
            try {
                return new State(Files.size(source.file()), Files.getLastModifiedTime(source.file()));
            } catch (IOException e) {
                return null; // told when it is opened
            }
        }
    }

    /** One reading of all inputs. For one thread at a time. */
    public final class Pass implements AutoCloseable {

        private final boolean untouched;
        private final @Nullable Survey counted = survey;
        private @Nullable IdReader reader;
        private int index;
        private int read;
        private boolean ended;
        private long place;

        // Of a later pass: what has been read and not come out yet.
        private final List<String> block = new ArrayList<>();
        private final long[] places = new long[BlockHashes.SIZE];

        private Pass(boolean untouched) {
            this.untouched = untouched;
        }

        /** The next input, or null at the end. */
        public @Nullable Input next() {
            if (counted == null) {
                String id = readOne();
                return id == null ? null : new Input(index++, id, place);
            }
            int at = index % BlockHashes.SIZE;
            if (index == read && !readBlock(counted)) {
                return null;
            }
            place = places[at];
            return new Input(index++, block.get(at), place);
        }

        private boolean readBlock(Survey all) {
            int length = Math.min(BlockHashes.SIZE, all.count() - index);
            block.clear();
            for (int i = 0; i < length; i++) {
                String id = readOne();
                if (id == null) {
                    throw changed("there are fewer");
                }
                block.add(id);
                places[i] = place;
            }
            // Before the last ones come out, too.
            if (read == all.count() && !ended) {
                if (readOne() != null) {
                    throw changed("there are more");
                }
                ended = true;
            }
            if (length > 0 && !hashes.are(index / BlockHashes.SIZE, block)) {
                throw changed("from input " + index + " to " + (read - 1) + " they are not the same");
            }
            return length > 0;
        }

        private @Nullable String readOne() {
            String id = read < arguments.size() ? arguments.get(read) : nextOfSource();
            if (id == null) {
                return null;
            }
            if (read == Integer.MAX_VALUE) {
                throw new UsageException("more than " + Integer.MAX_VALUE + " ids; split the list");
            }
            read++;
            IdReader open = reader;
            place = open == null ? -read : open.line();
            return id;
        }

        private @Nullable String nextOfSource() {
            if (source == null) {
                return null;
            }
            if (counted == null) {
                return reader(source).next();
            }
            try {
                return reader(source).next();
            } catch (UsageException e) {
                // Nothing would be wrong with the command: all of it could be read before.
                throw changed(String.valueOf(e.getMessage()));
            }
        }

        private ChangedException changed(String how) {
            return new ChangedException(source == null ? "the arguments" : source.name(), how);
        }

        private IdReader reader(IdSource from) {
            IdReader open = reader;
            if (open == null) {
                if (untouched && counted != null && state != null && !state.equals(State.of(from))) {
                    throw changed("it was written to");
                }
                open = from.open();
                reader = open;
            }
            return open;
        }

        /** Where the input stood that came last, in words. */
        public String place() {
            return words(place);
        }

        /** The same as a number: that of the line, or that of the argument with a minus. */
        long placeNumber() {
            return place;
        }

        @Override
        public void close() {
            if (reader != null) {
                try {
                    reader.close();
                } catch (IOException e) {
                    // Nothing was written, and everything that was needed has been read.
                }
            }
        }
    }

    /** Words for the number of a place. */
    static String words(long place) {
        return place < 0 ? "argument " + -place : "line " + place;
    }
}
