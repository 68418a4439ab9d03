package dev.closecrm.cli.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.UsageException;
import dev.closecrm.core.DeleteOutcome.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunFilesTest {

    private static final String HEADER = String.join(",", ResultLine.HEADER) + "\n";
    private static final String DELETED = "0,cont_0,deleted,confirmed,,200,1,12,\n";

    private final Inputs inputs =
            Inputs.of(IntStream.range(0, 10).mapToObj(i -> "cont_" + i % 8).toList());
    private final Inputs.Survey survey = inputs.survey((place, id) -> {});

    @TempDir
    private Path directory;

    private Path results;
    private Path journal;

    @BeforeEach
    void nameFiles() {
        results = directory.resolve("results.csv");
        journal = directory.resolve("results.csv.journal");
    }

    @Test
    void journalsWhatIsBegunAndWritesWhatHasEnded() throws IOException {
        try (RunFiles files = RunFiles.create(results, false, inputs, survey)) {
            files.begin(new Input(0, "cont_0"));
            files.begin(new Input(1, "cont_1"));
            files.write(ResultLine.notAttempted(new Input(1, "cont_1")));

            // Both are with the system at once, and not only when they are closed.
            assertThat(journal).hasContent("closecrm-journal 1 10 " + survey.fingerprint() + "\n0\n1\n");
            assertThat(results).hasContent(HEADER + "1,cont_1,not_attempted,,,,0,0,\n");
        }
    }

    @Test
    void leavesFilesOfAnotherRunAlone() throws IOException {
        Files.writeString(results, "mine");
        assertThatThrownBy(() -> RunFiles.create(results, false, inputs, survey))
                .isInstanceOf(UsageException.class)
                .hasMessageEndingWith(
                        "exists; add --resume to go on where its run was ended, or --overwrite to replace it");
        assertThat(results).hasContent("mine");

        Files.delete(results);
        Files.writeString(journal, "mine");
        assertThatThrownBy(() -> RunFiles.create(results, false, inputs, survey))
                .isInstanceOf(UsageException.class);
        assertThat(journal).hasContent("mine");
    }

    @Test
    void refusesASecondRunOverTheSameFiles() {
        try (RunFiles files = RunFiles.create(results, false, inputs, survey)) {
            assertThatThrownBy(() -> RunFiles.resume(results, inputs, survey, 100))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("another run is writing to the same results");
            assertThatThrownBy(() -> RunFiles.create(results, true, inputs, survey))
                    .isInstanceOf(UsageException.class);
            files.begin(new Input(0, "cont_0"));
        }
        assertThat(results).hasContent(HEADER);
    }

    /** What a line of the earlier run means for its input, which was begun. */
    @ParameterizedTest
    @CsvSource({
        "'deleted,confirmed,,200,1,12,', true, false",
        "'deleted,inferred,,404,2,12,', true, false",
        "'not_found,,,404,1,12,', true, false",
        "'duplicate,,,,0,0,', false, false",
        "'failed,,not_sent,,0,0,bad', false, false",
        "'failed,,not_applied,400,1,0,bad', false, false",
        "'failed,,unknown,503,4,0,bad', false, true",
        "'failed,,,,0,0,broke off', false, true",
        "'not_attempted,,,,0,0,', false, false",
        "'', false, true",
    })
    void knowsWhatIsSettledAndWhatMayHaveBeenSent(String cells, boolean settled, boolean maybeSent) throws IOException {
        given(HEADER + (cells.isEmpty() ? "" : "3,cont_3," + cells + "\n"), "2\n3\n");

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().settled().get(3)).isEqualTo(settled);
            assertThat(files.earlier().maybeSent().get(3)).isEqualTo(maybeSent);
            assertThat(files.earlier().maybeSent().get(2))
                    .as("begun, without a line")
                    .isTrue();
            assertThat(files.earlier().maybeSent().get(4)).as("not begun").isFalse();
        }
    }

    @Test
    void whatMayHaveBeenSentOnceStaysSoUntilItIsSettled() throws IOException {
        given(HEADER, "3\n4\n5\n");
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            files.begin();
            // The second run comes to the first of them and is stopped.
            files.begin(new Input(3, "cont_3"));
            files.write(List.of("3", "cont_3", "deleted", "confirmed", "", "200", "1", "5", ""));
            files.write(ResultLine.notAttempted(new Input(4, "cont_4")));
        }
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().maybeSent()).hasToString("{4, 5}");
            files.begin();
            files.begin(new Input(6, "cont_6"));
        }
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().maybeSent()).hasToString("{4, 5, 6}");
            assertThat(files.earlier().settled()).hasToString("{3}");
        }
    }

    @Test
    void takesOutTheLinesOfInputsThatAreTriedAgain() throws IOException {
        given(
                HEADER + DELETED + "1,cont_1,failed,,unknown,503,4,9,\"a,\nb\"\n2,cont_2,not_attempted,,,,0,0,\n"
                        + "3,cont_3,not_found,,,404,1,2,\n",
                "0\n1\n2\n3\n");

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 0)) {
            assertThat(results).as("before a person has said yes").content().contains("failed");
            files.begin();
        }

        assertThat(results).hasContent(HEADER + DELETED + "3,cont_3,not_found,,,404,1,2,\n");
        assertThat(directory).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void aRunKilledBetweenTheTwoFilesFindsTheSameAgain() throws IOException {
        String lines = HEADER + DELETED + "1,cont_1,failed,,unknown,503,4,9,x\n2,cont_2,failed,,not_sent,,0,9,x\n";
        given(lines, "0\n1\n2\n3\n");
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 0)) {
            files.begin();
        }
        // As if the results file had not been rewritten any more.
        Files.writeString(results, lines);

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 0)) {
            assertThat(files.earlier().maybeSent()).hasToString("{1, 3}");
            assertThat(files.earlier().settled()).hasToString("{0}");
        }
        // Or if the journal itself had been cut.
        given(lines, "0\n1\n2\n3\nmaybe 1\n");
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 0)) {
            assertThat(files.earlier().maybeSent()).hasToString("{1, 3}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "3,con", "3,cont_3,deleted,confirmed,,200,1,12,", "3,\"cont\n", "3,\"cont_3\"\",\n5"})
    void dropsALineThatWasBeingWritten(String torn) throws IOException {
        given(HEADER + DELETED + torn, "0\n3\n");

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().settled()).hasToString("{0}");
            assertThat(files.earlier().maybeSent()).hasToString("{3}");
            files.begin();
            files.write(ResultLine.notAttempted(new Input(3, "cont_3")));
        }

        assertThat(results)
                .hasContent(HEADER + DELETED + "8,cont_0,duplicate,,,,0,0,\n3,cont_3,not_attempted,,,,0,0,\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "index,contact_id,out"})
    void beginsAFileThatHasNoWholeHeader(String torn) throws IOException {
        given(torn, "");
        resumeAndBegin();
        assertThat(results).hasContent(HEADER);

        Files.delete(results);
        resumeAndBegin();
        assertThat(results).hasContent(HEADER);
    }

    @Test
    void dropsAnIndexThatWasBeingWritten() throws IOException {
        given(HEADER, "0\n1");

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().maybeSent()).hasToString("{0}");
            files.begin();
            files.begin(new Input(7, "cont_7"));
        }
        assertThat(journal).content().endsWith("\n0\nmaybe 0\nresumed\n7\n");
    }

    @Test
    void beginsAJournalThatHasNoWholeHeader() throws IOException {
        Files.writeString(journal, "closecrm-journ");

        resumeAndBegin();

        assertThat(journal).hasContent("closecrm-journal 1 10 " + survey.fingerprint() + "\nresumed\n");
    }

    /** A run writes the journal's header before it writes the header of the results. */
    @ParameterizedTest
    @ValueSource(strings = {"", "0,cont_0,deleted,confirmed,,200,1,12,\n", "0,cont_0,not_attempted,,,,0,0,\n"})
    void refusesAJournalThatHasBeenEmptied(String lines) throws IOException {
        for (String torn : List.of("", "closecrm-journal 1 1")) {
            Files.writeString(results, HEADER + lines);
            Files.writeString(journal, torn);

            assertThatThrownBy(() -> RunFiles.resume(results, inputs, survey, 100))
                    .isInstanceOf(UsageException.class)
                    .hasMessage(
                            "the journal " + journal.toRealPath() + " is empty; without it nobody knows what was sent."
                                    + " To begin anew, name another file with --results");
            assertThat(results).hasContent(HEADER + lines);
            assertThat(journal).hasContent(torn);
        }
    }

    @Test
    void leavesAJournalThatHasNoWholeHeaderAsItIsUntilAPersonHasSaidYes() throws IOException {
        Files.writeString(journal, "closecrm-j");
        RunFiles.resume(results, inputs, survey, 100).close();
        assertThat(journal).hasContent("closecrm-j");

        Files.writeString(journal, "cont_a");
        assertThatThrownBy(() -> RunFiles.resume(results, inputs, survey, 100))
                .hasMessageContaining("is damaged or not one of this command");
        assertThat(journal).hasContent("cont_a");
    }

    @Test
    void keepsAJournalBesideResultsThatCannotBeReplaced() throws IOException {
        Files.writeString(journal, "mine");
        // A link to nowhere: cannot be opened, whoever tries.
        Files.createSymbolicLink(results, directory.resolve("missing/file"));

        assertThatThrownBy(() -> RunFiles.create(results, true, inputs, survey))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("cannot write the results: ");
        assertThat(journal).hasContent("mine");

        Files.delete(journal);
        assertThatThrownBy(() -> RunFiles.create(results, true, inputs, survey)).isInstanceOf(UsageException.class);
        assertThat(journal).doesNotExist();
    }

    /** The journal, and the file in which the results are rewritten. */
    @ParameterizedTest
    @ValueSource(strings = {"results.csv.journal", "results.csv.new"})
    void refusesIdsInAFileThatItWrites(String name) throws IOException {
        Path ids = Files.writeString(directory.resolve(name), "cont_a\n");
        Inputs own = Inputs.of(List.of(), ids.toString(), "contact_id", InputStream.nullInputStream());
        Inputs.Survey ofOwn = own.survey((place, id) -> {});
        String message =
                "--ids names " + ids + ", which --results " + results + " writes beside its file; name another file";

        assertThatThrownBy(() -> RunFiles.create(results, true, own, ofOwn)).hasMessage(message);
        assertThatThrownBy(() -> RunFiles.resume(results, own, ofOwn, 100)).hasMessage(message);
        assertThat(ids).hasContent("cont_a");
        assertThat(results).doesNotExist();
    }

    @Test
    void givesRepetitionsOfWhatIsSettledTheirLine() throws IOException {
        given(HEADER + DELETED, "0\n");

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.repetitions()).isEqualTo(1);
            files.begin();
            assertThat(files.earlier().counts()).containsEntry(Kind.DELETED, 1L).containsEntry(Kind.DUPLICATE, 1L);
        }
        assertThat(results).hasContent(HEADER + DELETED + "8,cont_0,duplicate,,,,0,0,\n");
    }

    /** Its key may be of another organisation, and then all of them are alive. */
    @Test
    void whatARunDidNotFindThatDeletedNothingIsAskedForAgain() throws IOException {
        String lines = HEADER + "0,cont_0,not_found,,,404,1,2,\n1,cont_1,deleted,inferred,,404,2,2,\n"
                + "8,cont_0,duplicate,,,,0,0,\n";
        givenAllOf(lines, "0\n1\n8\n");
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().settled()).hasToString("{}");
            assertThat(files.earlier().maybeSent()).as("inferred").hasToString("{1}");
            assertThat(files.repetitions()).isZero();
            files.begin();
        }
        assertThat(results).hasContent(HEADER);
        // As if the results file had not been rewritten any more, and again after a run that has deleted others.
        for (String more : List.of("", "seen\n5\n")) {
            Files.writeString(results, lines);
            Files.writeString(journal, more, StandardOpenOption.APPEND);
            try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
                assertThat(files.earlier().settled()).hasToString("{}");
            }
        }
    }

    @Test
    void whatARunDidNotFindThatDeletedAContactIsNotThere() throws IOException {
        try (RunFiles files = RunFiles.create(results, false, inputs, survey)) {
            files.begin(new Input(0, "cont_0"));
            files.begin(new Input(1, "cont_1"));
            files.write(List.of("0", "cont_0", "not_found", "", "", "404", "1", "5", ""));
            files.write(List.of("1", "cont_1", "deleted", "confirmed", "", "200", "1", "5", ""));
        }
        // What a later run with another key does not find is another matter.
        resumeAndFind(2, false);
        assertThat(resumed()).hasToString("{0, 1, 8, 9}");
        resumeAndFind(2, true);
        assertThat(resumed()).hasToString("{0, 1, 2, 3, 8, 9}");
    }

    private void resumeAndFind(int index, boolean alsoTheNext) {
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            files.begin();
            files.begin(new Input(index, "cont_" + index));
            files.write(List.of("" + index, "cont_" + index, "not_found", "", "", "404", "1", "5", ""));
            if (alsoTheNext) {
                int next = index + 1;
                files.begin(new Input(next, "cont_" + next));
                files.write(List.of("" + next, "cont_" + next, "deleted", "confirmed", "", "200", "1", "5", ""));
            }
        }
    }

    private BitSet resumed() {
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            return files.earlier().settled();
        }
    }

    @Test
    void aRepetitionIsSettledTogetherWithTheLineItRepeats() throws IOException {
        String repetition = "8,cont_0,duplicate,,,,0,0,\n";
        for (String unsettled : List.of("failed,,not_sent,,1,9,x", "not_attempted,,,,0,0,")) {
            given(HEADER + "0,cont_0," + unsettled + "\n" + repetition, "0\n8\n");
            try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
                assertThat(files.earlier().settled()).as(unsettled).hasToString("{}");
                assertThat(files.repetitions()).as(unsettled).isZero();
                files.begin();
            }
            assertThat(results).hasContent(HEADER);
        }
        // Whichever of the two lines comes first, and however few ids are remembered.
        for (String lines : List.of(DELETED + repetition, repetition + DELETED)) {
            given(HEADER + lines, "0\n8\n");
            try (RunFiles files = RunFiles.resume(results, inputs, survey, 0)) {
                assertThat(files.earlier().settled()).hasToString("{0, 8}");
                files.begin();
            }
            assertThat(results).hasContent(HEADER + lines);
        }
    }

    @Test
    void refusesOtherIds() throws IOException {
        given(HEADER + DELETED, "0\n");
        Inputs others = Inputs.of(List.of("cont_0"));

        assertThatThrownBy(() -> RunFiles.resume(results, others, others.survey((place, id) -> {}), 100))
                .isInstanceOf(UsageException.class)
                .hasMessage("these are not the ids that the earlier run was given: it had 10, now there are 1; give it"
                        + " the same ids, or leave --resume out and name another file with --results");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0,cont_1,deleted,confirmed,,200,1,12,\n",
                "10,cont_0,deleted,confirmed,,200,1,12,\n",
                "0,cont_0,gone,,,,0,0,\n",
                "0,cont_0\n",
                "cont_0\n",
                DELETED + DELETED
            })
    void refusesResultsThatAreNotOfTheseIds(String lines) throws IOException {
        given(HEADER + lines, "0\n");

        assertThatThrownBy(() -> RunFiles.resume(results, inputs, survey, 100))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith(
                        "the results file " + results.toRealPath() + " was not written by a run over these");
        assertThat(results).hasContent(HEADER + lines);
    }

    @Test
    void refusesToGuessWithoutAJournal() throws IOException {
        Files.writeString(results, HEADER + DELETED);

        assertThatThrownBy(() -> RunFiles.resume(results, inputs, survey, 100))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("the journal ")
                .hasMessageContaining(" is missing");
    }

    @Test
    void needsNoJournalWhereAllIsDone() throws IOException {
        StringBuilder lines = new StringBuilder(HEADER);
        for (int i = 9; i >= 0; i--) {
            lines.append(i).append(",cont_").append(i % 8).append(",deleted,confirmed,,200,1,12,\n");
        }
        Files.writeString(results, lines);

        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            assertThat(files.earlier().count()).isEqualTo(10);
        }
        Inputs others = Inputs.of(Collections.nCopies(10, "cont_x"));
        assertThatThrownBy(() -> RunFiles.resume(results, others, others.survey((place, id) -> {}), 100))
                .isInstanceOf(UsageException.class);
    }

    private void resumeAndBegin() {
        try (RunFiles files = RunFiles.resume(results, inputs, survey, 100)) {
            files.begin();
        }
    }

    /** Files as an earlier run left them that had deleted a contact. */
    private void given(String lines, String begun) throws IOException {
        givenAllOf(lines, "seen\n" + begun);
    }

    private void givenAllOf(String lines, String begun) throws IOException {
        Files.writeString(results, lines);
        Files.writeString(journal, "closecrm-journal 1 10 " + survey.fingerprint() + "\n");
        Files.writeString(journal, begun, StandardOpenOption.APPEND);
    }
}
