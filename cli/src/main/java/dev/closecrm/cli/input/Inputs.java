package dev.closecrm.cli.input;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.error.InvalidContactIdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All inputs of a run, in order. They are read from their source each time they are needed and never kept, so that memory does
 * not grow with their number. The first pass is {@link #survey}: it finds out whether all of it is readable, and how many there
 * are, before anything is sent. A source that has changed since is noticed by every later pass.
 */
public final class Inputs implements AutoCloseable {

    private final List<String> arguments;
    private final @Nullable IdSource source;
    private final @Nullable Path spooled;

    private @Nullable Survey survey;
    private @Nullable State state;

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
        Fingerprint fingerprint = new Fingerprint();
        int invalid = 0;
        int count = 0;
        try (Pass pass = read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                count++;
                fingerprint.add(input.index(), input.id());
                if (!isContactId(input.id())) {
                    invalid++;
                    onInvalid.accept(pass.place(), input.id());
                }
            }
        }
        Survey found = new Survey(count, invalid, fingerprint.value());
        survey = found;
        return found;
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
        return new Pass();
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
                    + "; leave the file alone until the run has ended");
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

        private @Nullable IdReader reader;
        private int index;

        private Pass() {}

        /** The next input, or null at the end. */
        public @Nullable Input next() {
            String id = index < arguments.size() ? arguments.get(index) : nextOfSource();
            Survey counted = survey;
            if (counted != null && source != null && (id == null) != (index == counted.count())) {
                throw new ChangedException(source.name(), "there are " + (id == null ? "fewer" : "more"));
            }
            if (id == null) {
                return null;
            }
            if (index == Integer.MAX_VALUE) {
                throw new UsageException("more than " + Integer.MAX_VALUE + " ids; split the list");
            }
            return new Input(index++, id);
        }

        private @Nullable String nextOfSource() {
            if (source == null) {
                return null;
            }
            if (survey == null) {
                return reader(source).next();
            }
            try {
                return reader(source).next();
            } catch (UsageException e) {
                // Nothing would be wrong with the command: all of it could be read before.
                throw new ChangedException(source.name(), String.valueOf(e.getMessage()));
            }
        }

        private IdReader reader(IdSource from) {
            IdReader open = reader;
            if (open == null) {
                if (survey != null && state != null && !state.equals(State.of(from))) {
                    throw new ChangedException(from.name(), "it was written to");
                }
                open = from.open();
                reader = open;
            }
            return open;
        }

        /** Where the input stood that came last, in words. */
        public String place() {
            IdReader open = reader;
            return open == null ? "argument " + index : "line " + open.line();
        }

        /** The same as a number: that of the line, or that of the argument with a minus. */
        long placeNumber() {
            IdReader open = reader;
            return open == null ? -index : open.line();
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
}
