package dev.closecrm.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class IdSourceTest {

    static List<Arguments> texts() {
        return List.of(
                Arguments.of("nothing", "", List.of()),
                Arguments.of("blank lines only", "\n \r\n\t\n", List.of()),
                Arguments.of("a list", "cont_a\ncont_b\n", List.of("cont_a", "cont_b")),
                Arguments.of("no line end at the end", "cont_a\ncont_b", List.of("cont_a", "cont_b")),
                Arguments.of("CRLF", "cont_a\r\ncont_b\r\n", List.of("cont_a", "cont_b")),
                Arguments.of("a mark", "\ufeffcont_a\n", List.of("cont_a")),
                Arguments.of("a mark and a blank line", "\ufeff\ncont_a\n", List.of("cont_a")),
                Arguments.of("blank lines", "\n\ncont_a\n  \n\ncont_b\n\n", List.of("cont_a", "cont_b")),
                Arguments.of("blanks around", " cont_a \n\tcont_b\n", List.of(" cont_a ", "\tcont_b")),
                Arguments.of("the same twice", "cont_a\ncont_a\n", List.of("cont_a", "cont_a")),
                Arguments.of("a comma further down", "cont_a\ncont_b,c\n", List.of("cont_a", "cont_b,c")),
                Arguments.of("a quote in front", "\"cont_a\n", List.of("\"cont_a")),
                Arguments.of("the column alone", "contact_id\ncont_a\n\ncont_b\n", List.of("cont_a", "cont_b")),
                Arguments.of("the header alone", "contact_id\n", List.of()),
                Arguments.of("the first column", "contact_id,name\ncont_a,Ann\n", List.of("cont_a")),
                Arguments.of("the last column", "name,contact_id\nAnn,cont_a\n", List.of("cont_a")),
                Arguments.of("CSV with a mark", "\ufeffcontact_id,name\r\ncont_a,Ann\r\n", List.of("cont_a")),
                Arguments.of("a quoted header", "\"name\",\"contact_id\"\n\"A,\nnn\",\"cont_a\"\n", List.of("cont_a")),
                Arguments.of("blanks in the header", "name, contact_id\nAnn,cont_a\n", List.of("cont_a")),
                Arguments.of("blank rows", "name,contact_id\n\nAnn,cont_a\n  \n", List.of("cont_a")),
                Arguments.of("cells as they stand", "name,contact_id\nAnn, cont_a\n", List.of(" cont_a")),
                Arguments.of("an empty cell", "name,contact_id\nAnn,\n", List.of("")),
                Arguments.of("a short row", "name,contact_id\nAnn\n", List.of("")),
                Arguments.of("a long row", "contact_id,name\ncont_a,Ann,x\n", List.of("cont_a")),
                Arguments.of("semicolons", "name;contact_id\nAnn;cont_a\n", List.of("cont_a")),
                Arguments.of("a separator said first", "sep=;\r\nname;contact_id\r\nAnn;cont_a\r\n", List.of("cont_a")),
                Arguments.of("tabs", "name\tcontact_id\nAnn\tcont_a\n", List.of("cont_a")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void readsIdsFromListsAndColumns(String what, String text, List<String> ids) {
        assertThat(read("contact_id", utf8(text))).as(what).isEqualTo(ids);
    }

    @ParameterizedTest
    @CsvSource({
        "'id,name|cont_a,Ann|', contact_id, '\"id\", \"name\"'",
        "'cont_a,cont_b|', contact_id, '\"cont_a\", \"cont_b\"'",
        "'CONTACT_ID;name|cont_a;Ann|', contact_id, '\"CONTACT_ID\", \"name\"'",
        "'contact_id,a,b,c,d,e,f,g,h,i|', ID, '\"contact_id\", \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\" and more'",
    })
    void refusesCsvWithoutTheColumnAndSaysWhichThereAre(String text, String column, String columns) {
        assertThatThrownBy(() -> read(column, utf8(text.replace('|', '\n'))))
                .isInstanceOf(UsageException.class)
                .hasMessage("the ids in standard input look like CSV, but the first line has no column \"" + column
                        + "\", only " + columns + "; name the one with the ids with --id-column");
    }

    @Test
    void refusesAListWhereAColumnIsNamed() {
        assertThatThrownBy(() -> read("ID", utf8("id\ncont_a\n")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("the first line has no column \"ID\", only \"id\"; name");
        assertThat(read("ID", utf8("cont_a\ncont_b\n"))).containsExactly("cont_a", "cont_b");
    }

    @Test
    void refusesAColumnThatIsThereTwice() {
        assertThatThrownBy(() -> read("contact_id", utf8("contact_id,name,contact_id\ncont_a,Ann,cont_b\n")))
                .isInstanceOf(UsageException.class)
                .hasMessage(
                        "the ids in standard input have two columns \"contact_id\"; rename the one without the ids");
    }

    @Test
    void namesTheLineOfTheFileThatIsNotReadable() {
        assertThatThrownBy(() -> read("contact_id", utf8("\ncontact_id,name\ncont_a,Ann\n\"cont_b,Bob\n")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("line 4")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("line 2"));
    }

    @Test
    void takesTheNamedColumn() {
        assertThat(read("id", utf8("contact_id,id\ncont_a,cont_b\n"))).containsExactly("cont_b");
    }

    @Test
    void refusesAQuoteThatIsNeverClosed() {
        assertThatThrownBy(() -> read("contact_id", utf8("contact_id,name\ncont_a,\"Ann\ncont_b,Bob\n")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("not readable as CSV");
    }

    @Test
    void refusesTextInTwoByteCharacters() {
        InputStream utf16 = new ByteArrayInputStream("cont_a\n".getBytes(StandardCharsets.UTF_16LE));

        assertThatThrownBy(() -> read("contact_id", utf16))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("not text in UTF-8");
    }

    @Test
    void readsAHundredThousandLinesOfAFile(@TempDir Path directory) throws IOException {
        List<String> ids =
                IntStream.range(0, 100_000).mapToObj(i -> "cont_" + i).toList();
        Path file = Files.write(directory.resolve("ids.txt"), ids);

        assertThat(read(file)).isEqualTo(ids);
    }

    @Test
    void namesAFileThatIsMissing(@TempDir Path directory) {
        Path file = directory.resolve("missing.txt");

        assertThatThrownBy(() -> read(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot read the ids: " + file + ": no such file or directory");
    }

    @Test
    void namesADirectoryAsWhatItIs(@TempDir Path directory) {
        assertThatThrownBy(() -> read(directory))
                .isInstanceOf(UsageException.class)
                .hasMessageEndingWith(": is a directory");
    }

    private static List<String> read(Path file) {
        return all(Inputs.of(List.of(), file.toString(), "contact_id", InputStream.nullInputStream()));
    }

    private static List<String> read(String column, InputStream in) {
        try (Inputs inputs = Inputs.of(List.of(), "-", column, in)) {
            return all(inputs);
        }
    }

    private static List<String> all(Inputs inputs) {
        List<String> ids = new ArrayList<>();
        try (Inputs.Pass pass = inputs.read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                ids.add(input.id());
            }
        }
        return ids;
    }

    private static InputStream utf8(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
