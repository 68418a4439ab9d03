package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Which items have ended, beside a set that says the same in more words. */
class EndedIndexesTest {

    private final long seed = Long.getLong("closecrm.test.seed", System.nanoTime());

    @Test
    void inTheBeginningNothingHasEnded() {
        EndedIndexes ended = new EndedIndexes();
        assertThat(ended.watermark()).isZero();
        assertThat(ended.above()).isEmpty();
    }

    @Test
    void oneThatTakesLongHoldsTheWatermarkBackAndNothingElse() {
        EndedIndexes ended = new EndedIndexes();
        LongStream.range(0, 100_000).filter(i -> i != 70).forEach(ended::add);
        assertThat(ended.watermark()).isEqualTo(70);
        assertThat(ended.above()).containsExactly(new IndexRange(71, 99_999));
        ended.add(70);
        assertThat(ended.watermark()).isEqualTo(100_000);
        assertThat(ended.above()).isEmpty();
    }

    /** Shuffled within windows of several sizes: as calls end, and as they never would. */
    @RepeatedTest(20)
    void itIsWhatASetOfAllThatHaveEndedSays(RepetitionInfo repetition) {
        Random random = new Random(seed + repetition.getCurrentRepetition());
        System.out.println("seed " + seed);
        int window = 1 << random.nextInt(11);
        EndedIndexes ended = new EndedIndexes();
        Set<Long> model = new HashSet<>();
        List<Long> order = new ArrayList<>();
        for (int from = 0; from < 4_000; from += window) {
            List<Long> part = new ArrayList<>(
                    LongStream.range(from, from + window).boxed().toList());
            Collections.shuffle(part, random);
            order.addAll(part);
        }
        // Some never end, and hold everything back from then on.
        int skipped = random.nextInt(3);
        for (int i = 0; i < skipped; i++) {
            order.remove(random.nextInt(order.size()));
        }
        for (int i = 0; i < order.size(); i++) {
            ended.add(order.get(i));
            model.add(order.get(i));
            if (i % 37 == 0 || i == order.size() - 1) {
                assertSame(ended, model);
            }
        }
    }

    private static void assertSame(EndedIndexes ended, Set<Long> model) {
        long watermark = 0;
        while (model.contains(watermark)) {
            watermark++;
        }
        long least = watermark;
        assertThat(ended.watermark()).isEqualTo(watermark);
        List<Long> above = ended.above().stream()
                .flatMap(range ->
                        LongStream.rangeClosed(range.first(), range.last()).boxed())
                .toList();
        assertThat(above)
                .containsExactlyElementsOf(
                        model.stream().filter(index -> index > least).sorted().toList());
        // Ranges that touch would be one.
        for (int i = 1; i < ended.above().size(); i++) {
            assertThat(ended.above().get(i).first())
                    .isGreaterThan(ended.above().get(i - 1).last() + 1);
        }
    }
}
