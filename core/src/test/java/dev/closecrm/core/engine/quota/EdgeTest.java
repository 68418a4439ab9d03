package dev.closecrm.core.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdgeTest {

    private static final long MILLI = 1_000_000;

    @Test
    void theFirstSpanIsTaken() {
        Edge edge = Edge.UNKNOWN.endsIn(at(4000), at(6000), at(0));
        assertThat(edge.known()).isTrue();
        assertThat(edge.window()).isZero();
        assertSpan(edge, 4000, 6000);
        assertThat(edge.uncertainty()).isEqualTo(at(2000));
    }

    @ParameterizedTest
    @CsvSource({
        // window, then a span: what is left of 4000 to 6000
        "0,     4500,  6500,  4500, 6000",
        "0,     3500,  5500,  4000, 5500",
        "0,     4500,  5500,  4500, 5500",
        "0,     6000,  7000,  6000, 6000",
        "0,     6100,  7000,  6100, 7000",
        "0,     3000,  3900,  3000, 3900",
        "5000, -5500, -3500,  4500, 6000",
        "5000, -1000,  1500,  4000, 6000",
        "5000,  1500,  2400,  1500, 2400",
        "5000,     0,  5000,  4000, 6000",
        "5000,  4900,  5000,  4900, 5000",
    })
    void spansOfTheSameEndAreIntersectedAndContradictionsReplaceThem(
            long window, long from, long to, long lo, long hi) {
        Edge before = edge(4000, 6000, window);
        assertSpan(before.endsIn(at(from), at(to), at(0)), lo, hi);
    }

    @Test
    void aContradictionAlsoForgetsALengthThatNobodyNamed() {
        assertThat(edge(4000, 4100, 5000).endsIn(at(2000), at(2100), at(0)).window())
                .isZero();
        Edge given = edge(4000, 4100, 5000).ofLength(at(6000));
        assertThat(given.endsIn(at(2000), at(2100), at(0)).window()).isEqualTo(at(6000));
    }

    @Test
    void noWindowLastsLongerThanAWindow() {
        Edge edge = edge(900, 1000, 1000).endsIn(at(3900), at(4000), at(500));
        assertThat(edge.window()).isZero();
        assertSpan(edge, 3900, 4000);
        assertThat(edge(900, 1000, 1000).endsIn(at(1500), at(1600), at(500)).window())
                .isZero();
        assertThat(edge(900, 1000, 1000).endsIn(at(1450), at(1950), at(500)).window())
                .isEqualTo(at(1000));
    }

    @Test
    void aSpanAsWideAsTheWindowSaysNothing() {
        Edge known = edge(900, 1000, 1000);
        assertThat(known.endsIn(at(0), at(2000), at(0))).isSameAs(known);
        Edge fresh = Edge.UNKNOWN.ofLength(at(1000)).endsIn(at(500), at(2500), at(0));
        assertSpan(fresh, 500, 1500);
    }

    @Test
    void whatIsKnownGetsOlder() {
        Edge edge = edge(4000, 6000, 0).endsIn(at(3000), at(7000), at(1000));
        assertThat(edge.lo()).isEqualTo(at(4000) - 100_000);
        assertThat(edge.hi()).isEqualTo(at(6000) + 100_000);
        assertThat(edge.asOf()).isEqualTo(at(1000));
        // A clock that seems to go back makes nothing surer.
        assertSpan(edge(4000, 6000, 0).endsIn(at(3000), at(7000), at(-9000)), 4000, 6000);
    }

    @Test
    void theNextEndIsAWindowLater() {
        Edge next = edge(4000, 4100, 5000).passed(at(4050), at(4300), at(4000));
        assertSpan(next, 9050, 9100);
        assertThat(next.before()).isTrue();
        assertThat(next.beforeLo() / MILLI).isEqualTo(4050);
        assertThat(next.beforeHi() / MILLI).isEqualTo(4100);
    }

    @ParameterizedTest
    @CsvSource({
        // the first end, the second end: the length of the window between them
        "1000, 1100,  6000,  6100, 5000",
        "1000, 1100,  2000,  2100, 1000",
        "1000, 1400,  5700,  6200, 5000",
        "1000, 1400,  5000,  6200,    0",
        "1000, 1100,  6300,  6400,    0",
        "1000, 2000,  2000,  2100, 1000",
        "1000, 1100, 61050, 61150, 60000",
        "1000, 1100,  1050,  1200,    0",
    })
    void twoEndsTellTheLengthIfOnlyOneWholeNumberOfSecondsAgrees(long lo, long hi, long from, long to, long window) {
        Edge first = Edge.UNKNOWN.passed(at(lo), at(hi), at(hi));
        assertThat(first.known()).isFalse();
        Edge second = first.passed(at(from), at(to), at(to));
        assertThat(second.window()).isEqualTo(at(window));
        assertThat(second.known()).isEqualTo(window > 0);
    }

    @Test
    void severalWindowsMayHaveGoneBy() {
        Edge later = edge(4000, 4100, 5000).later(3, 0);
        assertSpan(later, 19_000, 19_100);
        assertThat(later.before()).isFalse();
        assertThat(edge(4000, 4100, 5000).later(1, at(1000)).hi()).isEqualTo(at(9100) + 100_000);
    }

    @ParameterizedTest
    @CsvSource({
        "0,    6001, 7000, true", "0,    6000, 7000, false", "0,    5000, 9000, false",
        "5000, 9000, 9500, true", "5000, 4000, 4500, false", "5000, 0,    6000, false",
    })
    void anEndAfterTheNextOneIsLater(long window, long from, long to, boolean later) {
        assertThat(edge(4000, 6000, window).isLater(at(from), at(to))).isEqualTo(later);
        assertThat(Edge.UNKNOWN.isLater(at(from), at(to))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"3900, 4000", "4000, 4000", "4001, 4001", "5000, 5000", "6000, 6000", "6001, 4000"})
    void whatIsStillOldMovesTheEarliestEnd(long time, long lo) {
        assertSpan(edge(4000, 6000, 5000).notBefore(at(time), at(0)), lo, 6000);
    }

    @Test
    void anUnknownEndStaysUnknown() {
        assertThat(Edge.UNKNOWN.notBefore(at(1), at(2))).isSameAs(Edge.UNKNOWN);
    }

    @Test
    void anEndThatDidNotComeIsForgotten() {
        assertThat(edge(4000, 4100, 5000).missed(at(4200), at(4300)).known()).isFalse();
        assertThat(edge(4000, 4100, 5000).missed(at(4200), at(4300)).window()).isZero();
        Edge given = edge(4000, 4100, 0).ofLength(at(5000)).missed(at(4200), at(4300));
        assertSpan(given, 4200, 9200);
        assertThat(given.window()).isEqualTo(at(5000));
        assertThat(given.given()).isTrue();
    }

    @Test
    void theEndBeforeIsNarrowedAfterwards() {
        Edge edge = Edge.UNKNOWN.passed(at(1000), at(3000), at(3000));
        Edge narrow = edge.began(at(1500), at(2500), at(3100));
        assertThat(narrow.beforeLo()).isEqualTo(at(1500));
        assertThat(narrow.beforeHi()).isEqualTo(at(2500));
        assertThat(edge.began(at(3100), at(3200), at(3200))).isSameAs(edge);
        assertThat(Edge.UNKNOWN.began(at(1), at(2), at(3))).isSameAs(Edge.UNKNOWN);
        assertSpan(edge(9000, 9200, 5000).began(at(4100), at(4150), at(0)), 9100, 9150);
    }

    @Test
    void aLengthThatIsNamedIsBelieved() {
        Edge edge = edge(4000, 4100, 0);
        assertThat(edge.ofLength(at(5000)).window()).isEqualTo(at(5000));
        assertThat(edge.ofLength(at(5000)).given()).isTrue();
        assertThat(edge.ofLength(0)).isSameAs(edge);
    }

    private static Edge edge(long lo, long hi, long window) {
        return new Edge(true, at(lo), at(hi), 0, at(window), false, false, 0, 0);
    }

    private static long at(long millis) {
        return millis * MILLI;
    }

    private static void assertSpan(Edge edge, long lo, long hi) {
        assertThat(edge.lo() / MILLI).as("lo").isEqualTo(lo);
        assertThat(edge.hi() / MILLI).as("hi").isEqualTo(hi);
    }
}
