package dev.closecrm.cli.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepetitionsTest {

    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 1024, 2048})
    void areThoseAMapFinds(int slots) {
        Random random = new Random(Long.getLong("closecrm.test.seed", 1));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            ids.add("cont_" + random.nextInt(4_000));
        }
        ids.add("not an id");
        ids.add("not an id");
        Map<String, Integer> firsts = new HashMap<>();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            Integer first = firsts.putIfAbsent(ids.get(i), i);
            if (first != null) {
                expected.add("argument " + (i + 1) + " repeats argument " + (first + 1) + ", " + ids.get(i));
            }
        }
        List<String> found = new ArrayList<>();

        int count = new Repetitions(Inputs.of(ids), ids.size(), slots)
                .find((place, first, id) -> found.add(place + " repeats " + first + ", " + id));

        assertThat(found).hasSize(count).containsExactlyInAnyOrderElementsOf(expected);
    }
}
