package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The page is what the tests say. With {@code -Dfault-matrix.write=true} it is written anew. */
class FaultMatrixPageTest {

    private static final Path PAGE = Path.of("..", "docs", "fault-matrix.md");

    @Test
    void everyRowHasATest() throws IOException {
        assertThat(FaultMatrix.tests().keySet()).containsAll(FaultMatrix.rows());
    }

    @Test
    void noTestIsOfARowThatIsNotListed() throws IOException {
        assertThat(FaultMatrix.rows()).containsAll(FaultMatrix.tests().keySet());
    }

    @Test
    void everyClassWithRowsIsWatched() throws IOException {
        assertThat(FaultMatrix.classes())
                .isNotEmpty()
                // The one that shows that the watch is armed cannot stand under it.
                .filteredOn(type -> type != WatchTest.class)
                .allSatisfy(type -> assertThat(type.getAnnotation(ExtendWith.class))
                        .as(type.getName())
                        .isNotNull()
                        .satisfies(with -> assertThat(with.value()).contains(Watch.class)));
    }

    @Test
    void thePageIsUpToDate() throws IOException {
        if (Boolean.getBoolean("fault-matrix.write")) {
            Files.writeString(PAGE, FaultMatrix.page());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(FaultMatrix.page());
    }
}
