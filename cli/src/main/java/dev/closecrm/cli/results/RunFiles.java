package dev.closecrm.cli.results;

import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.Fingerprint;
import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.UsageException;
import dev.closecrm.core.DeleteOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The results file of a run and the journal beside it.
 *
 * <p>To go on where an earlier run was ended takes two steps. {@link #resume} reads both files and changes neither, so that a
 * person can still say no. {@link #begin} first writes into the journal what may have been deleted without a result, and then
 * takes the lines out of the results file whose inputs are tried again: a run killed between the two finds the same again.
 */
public final class RunFiles implements AutoCloseable {

    private final Path file;
    private final Inputs inputs;
    private final Inputs.@Nullable Survey survey;
    private final @Nullable Journal journal;
    private final Earlier earlier;
    private final BitSet repetitions;
    private final @Nullable KeptLines kept;
    private boolean journalIsEmpty;
    private boolean anyConfirmed;
    private boolean anyDoubtful;
    private @Nullable ResultsFile results;

    private RunFiles(
            Path file,
            Inputs inputs,
            Inputs.@Nullable Survey survey,
            @Nullable Journal journal,
            Earlier earlier,
            BitSet repetitions,
            @Nullable KeptLines kept) {
        this.file = file;
        this.inputs = inputs;
        this.survey = survey;
        this.journal = journal;
        this.earlier = earlier;
        this.repetitions = repetitions;
        this.kept = kept;
    }

    /** Refuses files that must not be written to, before anything is sent. */
    public static void checkNew(Path file, boolean overwrite) {
        if (Files.isDirectory(file)) {
            throw new UsageException("the results cannot go to " + file + ": is a directory");
        }
        if (!overwrite && Files.exists(file)) {
            throw new UsageException("the results file " + file
                    + " exists; add --resume to go on where its run was ended, or --overwrite to replace it");
        }
        if (!overwrite && Files.exists(Journal.beside(file))) {
            throw new UsageException("there is no results file " + file + ", but a journal " + Journal.beside(file)
                    + "; add --resume to go on where its run was ended, or --overwrite to replace it");
        }
    }

    /** Refuses to write over what another option names. */
    public static void checkApart(Path results, String option, Path input) {
        for (Path written : List.of(Journal.beside(results), KeptLines.rewritten(results))) {
            boolean same;
            try {
                same = Files.exists(written) && Files.isSameFile(written, input);
            } catch (IOException e) {
                same = false; // one of them cannot be opened, which is said where it is
            }
            if (same) {
                throw new UsageException(option + " names " + input + ", which --results " + results
                        + " writes beside its file; name another file");
            }
        }
    }

    /** Begins a results file and a journal. A device, such as a terminal, gets no journal. */
    public static RunFiles create(Path file, boolean overwrite, Inputs inputs, Inputs.Survey survey) {
        checkNew(file, overwrite);
        inputs.file().ifPresent(ids -> checkApart(file, "--ids", ids));
        boolean there = Files.exists(file);
        boolean device = there && !Files.isRegularFile(file);
        // The journal first: whoever finds results finds a journal with them. What is in it is of use until the results
        // are open.
        Journal journal = device ? null : Journal.open(Journal.beside(file));
        ResultsFile results = null;
        try {
            results = ResultsFile.create(file, overwrite);
            if (journal != null) {
                journal.begin(survey);
            }
            results.begin();
        } catch (UsageException e) {
            giveUp(file, there, results, journal);
            throw e;
        }
        RunFiles files = new RunFiles(file, inputs, survey, journal, Earlier.none(), new BitSet(), null);
        files.results = results;
        return files;
    }

    /** Leaves nothing that would be in the way of the next try. */
    private static void giveUp(Path file, boolean there, @Nullable ResultsFile results, @Nullable Journal journal) {
        try {
            if (results != null) {
                results.close();
                if (!there) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (UnwritableException | IOException e) {
            // What went wrong first is what is told.
        }
        if (journal != null) {
            journal.giveUp();
        }
    }

    /** A results file alone. Its run cannot be resumed. */
    public static RunFiles withoutJournal(ResultsFile results, Inputs inputs) {
        RunFiles files = new RunFiles(Path.of("results"), inputs, null, null, Earlier.none(), new BitSet(), null);
        files.results = results;
        return files;
    }

    /**
     * Reads what earlier runs left.
     *
     * @param remembered how many ids with a last result are looked for among the inputs that have none
     */
    public static RunFiles resume(Path named, Inputs inputs, Inputs.Survey survey, int remembered) {
        Path file = real(named);
        inputs.file().ifPresent(ids -> checkApart(file, "--ids", ids));
        Path besides = Journal.beside(file);
        if (!Files.exists(file) && !Files.exists(besides)) {
            throw new UsageException(
                    "there is nothing to resume: " + file + " does not exist; leave --resume out to begin");
        }
        Journal journal = Files.exists(besides) ? Journal.open(besides) : null;
        try {
            Journal.Contents begun = journal == null ? null : journal.read(survey);
            // Without a journal nothing is left to be done.
            KeptLines kept = KeptLines.read(file, survey, begun == null ? null : begun.sure(), remembered);
            RunFiles files = new RunFiles(file, inputs, survey, journal, kept.earlier(), new BitSet(), kept);
            files.compare();
            if (begun != null) {
                files.addMaybeSent(begun);
            } else if (files.earlier.count() < survey.count() && (journal == null || kept.any())) {
                throw new UsageException("the journal " + besides + (journal == null ? " is missing" : " is empty")
                        + "; without it nobody knows what was sent. To begin anew, name another file with --results");
            } else {
                files.journalIsEmpty = true;
            }
            return files;
        } catch (RuntimeException e) {
            if (journal != null) {
                journal.close();
            }
            throw e;
        }
    }

    private static Path real(Path file) {
        try {
            // What is replaced is the file, and not a link to it.
            return Files.exists(file) ? file.toRealPath() : file;
        } catch (IOException e) {
            throw new UsageException("cannot read the results: " + FileTrouble.of(file, e));
        }
    }

    /** The lines have to be about these inputs. Finds inputs whose id has been dealt with on the way. */
    private void compare() {
        KeptLines lines = kept();
        Fingerprint ofInputs = new Fingerprint();
        try (Inputs.Pass pass = inputs.read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                if (earlier.settled().get(input.index())) {
                    ofInputs.add(input.index(), input.id());
                } else if (lines.dealtWith(input.id())) {
                    repetitions.set(input.index());
                }
            }
        }
        if (!ofInputs.value().equals(lines.fingerprint())) {
            throw lines.damaged("its lines name other ids");
        }
    }

    private void addMaybeSent(Journal.Contents begun) {
        BitSet maybe = earlier.maybeSent();
        maybe.or(begun.begun());
        maybe.andNot(kept().withLine());
        maybe.or(begun.maybe());
        maybe.or(kept().maybeDeleted());
        maybe.andNot(earlier.settled());
    }

    private KeptLines kept() {
        return Objects.requireNonNull(kept);
    }

    /** What earlier runs have left. */
    public Earlier earlier() {
        return earlier;
    }

    /** How many inputs repeat an id that an earlier run has dealt with: they get their line without being sent. */
    public int repetitions() {
        return repetitions.cardinality();
    }

    /** Makes both files ready for what is still to be done. */
    public void begin() {
        if (kept == null) {
            return;
        }
        if (journal != null) {
            if (journalIsEmpty) {
                journal.begin(Objects.requireNonNull(survey));
            }
            journal.resumed(earlier.maybeSent());
        }
        kept.keep();
        results = ResultsFile.append(file);
        if (!repetitions.isEmpty()) {
            try (Inputs.Pass pass = inputs.read()) {
                for (Input input = pass.next(); input != null; input = pass.next()) {
                    if (repetitions.get(input.index())) {
                        write(ResultLine.duplicate(input));
                        earlier.settle(input.index(), DeleteOutcome.Kind.DUPLICATE);
                    }
                }
            }
        }
    }

    /** Writes into the journal that an input is begun. Only then may it be sent. */
    public void begin(Input input) {
        if (journal != null) {
            journal.begin(input.index());
        }
    }

    /** Writes the line of an input. */
    public void write(List<String> line) {
        if (ResultLine.isConfirmed(line)) {
            anyConfirmed = true;
            if (journal != null) {
                journal.seen();
            }
        }
        anyDoubtful |= ResultLine.isFrom404(line);
        Objects.requireNonNull(results, "not begun").write(line);
    }

    /** Whether as many have failed as are not contact ids: if all have been tried, another run would do no better. */
    public boolean onlyInvalid(long failed) {
        return survey != null && failed == survey.invalid();
    }

    /** Every input has a result: there is nothing to go on with, unless the key of this run has seen no contact. */
    public void finished() {
        if (journal != null && (anyConfirmed || !anyDoubtful)) {
            journal.delete();
        }
    }

    @Override
    public void close() {
        try {
            if (results != null) {
                results.close();
            }
        } finally {
            if (journal != null) {
                journal.close();
            }
        }
    }
}
