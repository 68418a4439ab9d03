package dev.closecrm.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputsTest {

    @TempDir
    private Path directory;

    @Test
    void countsWhatThereIsAndTellsWhereItIsNotAnId() {
        List<String> invalid = new ArrayList<>();
        try (Inputs inputs = Inputs.of(List.of("cont_a", "x"), "-", "contact_id", utf8("cont_b\n\nlead_c\n"))) {
            Inputs.Survey survey = inputs.survey((place, id) -> invalid.add(place + " " + id));

            assertThat(survey.count()).isEqualTo(4);
            assertThat(survey.invalid()).isEqualTo(2);
            assertThat(invalid).containsExactly("argument 2 x", "line 3 lead_c");
        }
    }

    @Test
    void namesTheLineOfARowBehindRowsOfSeveralLines() {
        List<String> invalid = new ArrayList<>();
        String csv = "\nname,contact_id\n\"A\nnn\",cont_a\nBob,x\n";
        try (Inputs inputs = Inputs.of(List.of(), "-", "contact_id", utf8(csv))) {
            inputs.survey((place, id) -> invalid.add(place + " " + id));

            assertThat(invalid).containsExactly("line 5 x");
        }
    }

    @Test
    void canBeReadAgainAlsoFromStandardInput() {
        try (Inputs inputs = Inputs.of(List.of("cont_a"), "-", "contact_id", utf8("cont_b\n"))) {
            inputs.survey((place, id) -> {});

            assertThat(all(inputs)).containsExactly(new Input(0, "cont_a", -1), new Input(1, "cont_b", 1));
            assertThat(all(inputs)).hasSize(2);
        }
    }

    @Test
    void tellsListsApart() {
        assertThat(fingerprint("cont_a", "cont_b"))
                .isEqualTo(fingerprint("cont_a", "cont_b"))
                .isNotEqualTo(fingerprint("cont_b", "cont_a"))
                .isNotEqualTo(fingerprint("cont_a", "cont_b", "cont_c"))
                .isNotEqualTo(fingerprint("cont_acont_b"))
                .hasSize(64);
    }

    @Test
    void theOrderInWhichAFingerprintIsMadeDoesNotMatter() {
        Fingerprint backwards = new Fingerprint();
        backwards.add(1, "cont_b");
        backwards.add(0, "cont_a");

        assertThat(backwards.value()).isEqualTo(fingerprint("cont_a", "cont_b"));
    }

    @Test
    void noticesThatTheFileHasChangedSinceItWasCounted() throws IOException {
        Path file = Files.writeString(directory.resolve("ids.txt"), "cont_a\ncont_b\n");
        Inputs inputs = Inputs.of(List.of(), file.toString(), "contact_id", InputStream.nullInputStream());
        inputs.survey((place, id) -> {});
        FileTime before = Files.getLastModifiedTime(file);

        Files.writeString(file, "cont_a\ncont_c\n");
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        assertThatThrownBy(() -> all(inputs)).isInstanceOf(Inputs.ChangedException.class);

        // Of the same size and with the same time, but fewer.
        Files.writeString(file, "cont_a_______\n");
        Files.setLastModifiedTime(file, before);
        assertThatThrownBy(() -> all(inputs))
                .isInstanceOf(Inputs.ChangedException.class)
                .hasMessageContaining("there are fewer");
    }

    /** The file is read as it is needed, and so may change while half of it has been sent. */
    @RepeatedTest(50)
    void whatComesOutIsTheBeginningOfWhatWasCounted(RepetitionInfo repetition) throws IOException {
        long seed = Long.getLong("closecrm.test.seed", 1) + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        boolean csv = random.nextBoolean();
        List<String> counted = new ArrayList<>(Collections.nCopies(random.nextInt(5_000), ""));
        counted.replaceAll(empty -> "cont_" + random.nextInt(1_000_000));
        Path file = write(csv, counted);
        Inputs inputs =
                Inputs.of(List.of("cont_argument"), file.toString(), "contact_id", InputStream.nullInputStream());
        inputs.survey((place, id) -> {});
        FileTime before = Files.getLastModifiedTime(file);
        List<String> came = new ArrayList<>();
        int changeAt = random.nextInt(counted.size() + 1);

        boolean noticed = false;
        try (Inputs.Pass pass = inputs.read()) {
            for (int i = 0; i <= counted.size(); i++) {
                if (i == changeAt) {
                    write(csv, changed(counted, random));
                    Files.setLastModifiedTime(file, before);
                }
                came.add(Objects.requireNonNull(pass.next()).id());
            }
            assertThat(pass.next()).isNull();
        } catch (Inputs.ChangedException e) {
            noticed = true;
        }

        counted.add(0, "cont_argument");
        assertThat(came).as("seed %d", seed).isEqualTo(counted.subList(0, came.size()));
        assertThat(noticed).as("seed %d", seed).isEqualTo(came.size() < counted.size());
        System.out.println(
                "seed " + seed + ": changed at " + changeAt + ", " + came.size() + " of " + counted.size() + " came");
    }

    private static List<String> changed(List<String> ids, Random random) {
        List<String> changed = new ArrayList<>(ids);
        switch (random.nextInt(4)) {
            case 0 -> changed.add("cont_more");
            case 1 ->
                changed.subList(random.nextInt(ids.size() + 1), ids.size()).clear();
            case 2 -> changed.add(random.nextInt(ids.size() + 1), "cont_between");
            default -> changed.replaceAll(id -> "cont_" + random.nextInt(1_000_000));
        }
        return changed;
    }

    private Path write(boolean csv, List<String> ids) throws IOException {
        List<String> lines = new ArrayList<>(ids);
        if (csv) {
            lines.replaceAll(id -> "\"Ann\nand Bob\"," + id);
            lines.add(0, "name,contact_id");
        }
        return Files.write(directory.resolve("ids.txt"), lines);
    }

    @Test
    void nothingOfAListOfOneBlockComesOutIfALineIsAppended() throws IOException {
        Path file = Files.writeString(directory.resolve("ids.txt"), "cont_a\ncont_b");
        Inputs inputs = Inputs.of(List.of(), file.toString(), "contact_id", InputStream.nullInputStream());
        inputs.survey((place, id) -> {});
        FileTime before = Files.getLastModifiedTime(file);

        Files.writeString(file, "2", StandardOpenOption.APPEND);
        Files.setLastModifiedTime(file, before);
        try (Inputs.Pass pass = inputs.readUpToAChange()) {
            assertThatThrownBy(pass::next)
                    .isInstanceOf(Inputs.ChangedException.class)
                    .hasMessage(
                            "the ids in " + file + " changed after they had been counted: from input 0 to 1 they are"
                                    + " not the same; nothing of what changed was sent. Leave the file alone until the run has"
                                    + " ended");
        }
        Files.writeString(file, "\ncont_c\n", StandardOpenOption.APPEND);
        try (Inputs.Pass pass = inputs.readUpToAChange()) {
            assertThatThrownBy(pass::next).hasMessageContaining("there are more");
        }
    }

    @Test
    void saysWhereAnInputStoodThatHasBeenReadAhead() {
        List<String> places = new ArrayList<>();
        try (Inputs inputs = Inputs.of(List.of("cont_a"), "-", "contact_id", utf8("\ncont_b\n\ncont_c\n"))) {
            inputs.survey((place, id) -> {});
            try (Inputs.Pass pass = inputs.read()) {
                while (pass.next() != null) {
                    places.add(pass.place());
                }
            }
        }
        assertThat(places).containsExactly("argument 1", "line 2", "line 4");
    }

    @Test
    void readsAPipeOnce() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        new ProcessBuilder("sh", "-c", "printf 'cont_a\\ncont_b\\n' > " + pipe).start();
        try (Inputs inputs = Inputs.of(List.of(), pipe.toString(), "contact_id", InputStream.nullInputStream())) {
            assertThat(inputs.survey((place, id) -> {}).count()).isEqualTo(2);
            assertThat(all(inputs)).hasSize(2);
        }
    }

    private static String fingerprint(String... ids) {
        return Inputs.of(List.of(ids)).survey((place, id) -> {}).fingerprint();
    }

    private static List<Input> all(Inputs inputs) {
        List<Input> all = new ArrayList<>();
        try (Inputs.Pass pass = inputs.read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                all.add(input);
            }
        }
        return all;
    }

    private static InputStream utf8(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
