package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class FlowTest {

    private static final long SECOND = Edge.SECOND;

    @Test
    void theRateIsWhatCameBackAndWhatWasUsed() {
        Flow flow = new Flow(0, 0, 0);
        Glimpse before = new Glimpse(10, 0, 0, 20);
        // 5 fewer are left though 25 were sent: 20 came back in a second.
        Flow seen = flow.seen(before, new Glimpse(35, SECOND, SECOND, 15));
        double weight = 1 - Math.exp(-1 / 3.0);
        assertThat(seen.refill() * 1e9).isCloseTo(20 * weight, within(1e-6));
        assertThat(seen.most()).isEqualTo(seen.refill());
        assertThat(flow.seen(before, before)).isSameAs(flow);
        assertThat(flow.seen(before, new Glimpse(11, SECOND, SECOND, 0)).refill())
                .isZero();
        assertThat(seen.slower().refill()).isCloseTo(seen.refill() * 0.95, within(1e-15));
        assertThat(seen.slower().most()).isEqualTo(seen.most());
        assertThat(seen.jumped().jumps()).isEqualTo(1);
    }

    @Test
    void atTheLevelItSendsAsFastAsItGrows() {
        Flow flow = new Flow(20 / 1e9, 20 / 1e9, 0);
        Count count = Count.first(new Glimpse(1, 0, 0, 3), 1);
        assertThat(flow.opensAt(count, 100, 0, false, 1)).isCloseTo(SECOND / 20, within(2L));
        // With more left it is faster: by half of what is too much per second.
        Count more = Count.first(new Glimpse(1, 0, 0, 23), 1);
        assertThat(flow.opensAt(more, 100, 0, false, 1)).isCloseTo(SECOND / 30, within(2L));
        assertThat(flow.opensAt(more, 100, 0, false, 0.5)).isCloseTo(SECOND / 10, within(2L));
        assertThat(flow.opensAt(more, 100, 7, true, 1)).isEqualTo(7);
    }

    @Test
    void nothingGoesBeforeThereIsOne() {
        Flow flow = new Flow(10 / 1e9, 10 / 1e9, 0);
        Count none = Count.first(new Glimpse(1, 0, 0, 0), 1);
        assertThat(flow.opensAt(none, 100, 0, true, 1)).isCloseTo(SECOND / 10, within(2L));
        assertThat(flow.left(none, SECOND / 2)).isCloseTo(5, within(1e-6));
        assertThat(flow.left(none, -SECOND)).isZero();
        assertThat(flow.opensAt(none, 100, SECOND / 5, true, 1)).isEqualTo(SECOND / 5);
        // One that does not seem to grow is looked at once per second.
        assertThat(new Flow(0, 0, 0).opensAt(none, 100, 0, true, 1)).isCloseTo(SECOND, within(1L));
        assertThat(new Flow(0, 0, 0).opensAt(none, 100, 0, false, 1)).isCloseTo(SECOND, within(1L));
    }
}
