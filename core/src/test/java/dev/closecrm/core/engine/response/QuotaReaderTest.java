package dev.closecrm.core.engine.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.engine.quota.QuotaReading.Scope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of what answers say of the quota. A column of headers has its lines parted by {@code //}. */
class QuotaReaderTest {

    /** A reading is written as limit/remaining, then reset and window in milliseconds where they are said. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            RateLimit: limit=100, remaining=50, reset=5              | 100/50 reset 5000
            RateLimit: reset=5,remaining=50,limit=100                | 100/50 reset 5000
            RateLimit: limit = 100 ,  remaining= 50,reset =5         | 100/50 reset 5000
            RateLimit: limit=100, remaining=50                       | 100/50
            RateLimit: limit=100, remaining=0, reset=0               | 100/0 reset 0
            RateLimit: limit=100, remaining=50, reset=5, burst=900   | 100/50 reset 5000
            RateLimit: limit=100;w=5, remaining=50;r=90, reset=5;x   | 100/50 reset 5000
            RateLimit: a="b, remaining=9", limit=100, remaining=50   | 100/50
            RateLimit: a=(1 2;c=3, remaining=9), limit=100, remaining=50 | 100/50
            RateLimit: a="\\", remaining=9", limit=100, remaining=50  | 100/50
            RateLimit: limit=100.0, remaining=50.9, reset=0.25       | 100/50 reset 250
            RateLimit: limit=100 // RateLimit: remaining=50, reset=5 | 100/50 reset 5000
            RATELIMIT: limit=100, remaining=50, reset=5              | 100/50 reset 5000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 100;w=10           | 100/50 reset 5000 window 10000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 9;w=1, 100;w=10    | 100/50 reset 5000 window 10000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 9;w=1 // RateLimit-Policy: 100;w=10;c="x,y;w=9" | 100/50 reset 5000 window 10000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 9;w=1              | 100/50 reset 5000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: "100";w=10.0       | 100/50 reset 5000 window 10000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: "a";q=100;w=10     | 100/50 reset 5000 window 10000
            RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 100;w=0            | 100/50 reset 5000
            RateLimit: remaining=50, reset=5 // RateLimit-Policy: 100;w=10                      | 100/50 reset 5000 window 10000
            RateLimit: remaining=50, reset=5                         | -
            RateLimit: limit=100, reset=5                            | -
            """)
    void aDictionary(String lines, String reading) {
        assertThat(written(reading(lines))).isEqualTo(reading);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '\u0001', textBlock = """
            RateLimit: "a";r=50;t=30 // RateLimit-Policy: "a";q=100;w=60                 | 100/50 reset 30000 window 60000
            RateLimit: "a" ; r=50 ; t=30 // RateLimit-Policy: "a"; w=60; q=100           | 100/50 reset 30000 window 60000
            RateLimit: a;r=50;t=30 // RateLimit-Policy: "a";q=100;w=60                   | 100/50 reset 30000 window 60000
            RateLimit: "a";r=50 // RateLimit-Policy: "a";q=100;w=60                      | 100/50 window 60000
            RateLimit: "a";r=50;t=30 // RateLimit-Policy: "a";q=100                      | 100/50 reset 30000
            RateLimit: "a";r=50;t=30;pk=:cGsK:;x // RateLimit-Policy: "a";q=100;w=60;qu="requests";pk="a,b;q=9" | 100/50 reset 30000 window 60000
            RateLimit: "a";r=50;t=30, "b";r=7;t=9 // RateLimit-Policy: "a";q=100;w=60, "b";q=10;w=10 | 10/7 reset 9000 window 10000
            RateLimit: "b";r=7;t=9, "a";r=50;t=30 // RateLimit-Policy: "a";q=100;w=60, "b";q=10;w=10 | 10/7 reset 9000 window 10000
            RateLimit: "a";r=50;t=30 // RateLimit: "b";r=7;t=9 // RateLimit-Policy: "b";q=10;w=10 // RateLimit-Policy: "a";q=100;w=60 | 10/7 reset 9000 window 10000
            RateLimit: "a";r=0;t=3, "b";r=0;t=9 // RateLimit-Policy: "a";q=100;w=60, "b";q=10;w=10 | 10/0 reset 9000 window 10000
            RateLimit: "a";r=0, "b";r=0;t=9 // RateLimit-Policy: "a";q=100;w=60, "b";q=10;w=10   | 10/0 reset 9000 window 10000
            RateLimit: "a";r=x;t=3, "b";r=8;t=9 // RateLimit-Policy: "a";q=100;w=60, "b";q=10;w=10 | 10/8 reset 9000 window 10000
            RateLimit: "a";r=5 // RateLimit-Policy: "a";q=100;w=60, "a";q=10;w=10        | 10/5 window 10000
            RateLimit: "a";r=50;t=30                                                     | -
            RateLimit: "a";r=50;t=30 // RateLimit-Policy: "b";q=100;w=60                 | -
            RateLimit: "a";t=30 // RateLimit-Policy: "a";q=100;w=60                      | -
            RateLimit: "a";r="50" // RateLimit-Policy: "a";q=100;w=60                    | -
            RateLimit: "a"r=50 // RateLimit-Policy: "a";q=100;w=60                       | -
            """)
    void aListOfItems(String lines, String reading) {
        assertThat(written(reading(lines))).isEqualTo(reading);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            RateLimit-Limit: 100 // RateLimit-Remaining: 50 // RateLimit-Reset: 5                          | 100/50 reset 5000
            RateLimit-Limit: 100 // RateLimit-Remaining: 50                                                | 100/50
            RateLimit-Limit: 100, 100;w=10 // RateLimit-Remaining: 50 // RateLimit-Reset: 5                | 100/50 reset 5000 window 10000
            RateLimit-Limit: 100, 100;w=10, 1000;w=3600;c=1 // RateLimit-Remaining: 50 // RateLimit-Reset: 5   | 100/50 reset 5000 window 10000
            RateLimit-Limit: 100;w=10 // RateLimit-Remaining: 50                                           | 100/50 window 10000
            RateLimit-Limit: 100 // RateLimit-Policy: 100;w=10 // RateLimit-Remaining: 50                  | 100/50 window 10000
            RateLimit-Policy: 100;w=10 // RateLimit-Remaining: 50                                          | 100/50 window 10000
            RateLimit-Remaining: 50 // RateLimit-Reset: 5                                                  | -
            RateLimit-Limit: 100 // RateLimit-Reset: 5                                                     | -
            RateLimit: nonsense // RateLimit-Limit: 100 // RateLimit-Remaining: 50                         | 100/50
            RateLimit: limit=90, remaining=40 // RateLimit-Limit: 100 // RateLimit-Remaining: 50           | 90/40
            x-rate-limit-limit: 100 // x-rate-limit-remaining: 50 // x-rate-limit-reset: 5                 | 100/50 reset 5000
            RateLimit-Remaining: x // x-rate-limit-limit: 100 // x-rate-limit-remaining: 50                | -
            RateLimit: limit=x // x-rate-limit-limit: 100 // x-rate-limit-remaining: 50                    | -
            RateLimit: limit=90, remaining=40 // x-rate-limit-limit: 100 // x-rate-limit-remaining: 50     | 90/40
            Date: Sun, 06 Nov 1994 08:49:37 GMT                                                            | -
            """)
    void aHeaderForEach(String lines, String reading) {
        assertThat(written(reading(lines))).isEqualTo(reading);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '\u0001', textBlock = """
            RateLimit:                                              | -
            RateLimit: ,;=                                          | -
            RateLimit: limit=100, remaining=-1, reset=5             | -
            RateLimit: limit=100, remaining=NaN, reset=5            | -
            RateLimit: limit=100, remaining=Infinity                | -
            RateLimit: limit=100, remaining=1e2                     | -
            RateLimit: limit=100, remaining=+5                      | -
            RateLimit: limit=100, remaining=0x10                    | -
            RateLimit: limit=100, remaining=٥                       | -
            RateLimit: limit=100, remaining=5.                      | -
            RateLimit: limit=100, remaining=.5                      | -
            RateLimit: limit=100, remaining=5.x                     | -
            RateLimit: limit=100, remaining=5.0000x                 | -
            RateLimit: limit=100, remaining=5 5                     | -
            RateLimit: limit=100, remaining=1.5.2                   | -
            RateLimit: limit=100, remaining="50"                    | -
            RateLimit: limit=100, remaining=?1                      | -
            RateLimit: limit=100, remaining                         | -
            RateLimit: limit=100, remaining=                        | -
            RateLimit: limit=100 remaining=50                       | -
            RateLimit: limit=100, remaining=50, a="                 | -
            RateLimit: limit=100, remaining=50, a="\\               | -
            RateLimit: limit=100, remaining=50, a=(                 | -
            RateLimit: limit=100, remaining=50, a=)                 | -
            RateLimit: limit=100, remaining=4294967346              | -
            RateLimit: limit=100, remaining=18446744073709551666    | -
            RateLimit: limit=100, remaining=1000000001              | -
            RateLimit: limit=1000000001, remaining=50               | -
            RateLimit: limit=-100, remaining=50                     | -
            RateLimit: limit=0, remaining=0, reset=5                | -
            RateLimit: limit=1000000000, remaining=1000000000       | 1000000000/1000000000
            RateLimit: limit=100, remaining=50, reset=-1            | 100/50
            RateLimit: limit=100, remaining=50, reset=NaN           | 100/50
            RateLimit: limit=100, remaining=50, reset=1764060000    | 100/50
            RateLimit: limit=100, remaining=50, reset=31536000      | 100/50 reset 31536000000
            RateLimit: limit=100, remaining=50, reset=31536001      | 100/50
            RateLimit: limit=100, remaining=50, reset=99999999999999999999 | 100/50
            RateLimit: limit=100, remaining=50, remaining=3         | 100/3
            RateLimit: limit=100, remaining=3, remaining=50         | 100/3
            RateLimit: limit=100, remaining=3, remaining=-1         | 100/3
            RateLimit: limit=100, limit=300, remaining=3            | 100/3
            RateLimit: limit=100, remaining=3, reset=2, reset=9     | 100/3 reset 9000
            RateLimit: limit=100, remaining=50 // RateLimit: limit=300, remaining=3 | 100/3
            RateLimit: limit=100, remaining=50 // RateLimit: "      | -
            RateLimit: "a";r=50;r=3 // RateLimit-Policy: "a";q=100  | -
            RateLimit: "a";r=3;r=3 // RateLimit-Policy: "a";q=100   | 100/3
            RateLimit: "a";r=50, "a";r=3 // RateLimit-Policy: "a";q=100 | 100/3
            RateLimit: "a";r=-1 // RateLimit-Policy: "a";q=100      | -
            RateLimit: "a";r=3 // RateLimit-Policy: "a";q=-100      | -
            RateLimit: "a";r=3 // RateLimit-Policy: "a";q=100;w=-5  | 100/3
            RateLimit: "a";r=3 // RateLimit-Policy: "a              | -
            RateLimit-Limit: 100 // RateLimit-Remaining: 50, 3      | 100/3
            RateLimit-Limit: 100 // RateLimit-Remaining: 50 // RateLimit-Remaining: 3 | 100/3
            RateLimit-Limit: 300 // RateLimit-Limit: 100 // RateLimit-Remaining: 3 | 100/3
            RateLimit-Limit: 100 // RateLimit-Remaining: -3         | -
            RateLimit-Limit: x // RateLimit-Remaining: 3            | -
            x-rate-limit-limit: 1e3 // x-rate-limit-remaining: 1e3  | -
            """)
    void row59_whatMakesNoSenseIsIgnoredAndOfTwoThatDifferTheOneThatPermitsLessCounts(String lines, String reading) {
        assertThat(written(reading(lines))).isEqualTo(reading);
    }

    @Test
    void row59_aHeaderWithoutEndIsNotRead() {
        String header = "RateLimit: limit=100, remaining=50, pad=";
        int room = 1024 - header.length() + "RateLimit: ".length();
        assertThat(written(reading(header + "x".repeat(room)))).isEqualTo("100/50");
        assertThat(reading(header + "x".repeat(room + 1))).isNull();
        assertThat(reading("RateLimit: limit=100, remaining=50" + " // RateLimit: a=1".repeat(400)))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            {"error": {"rate_reset": -1}}                                  | -
            {"error": {"rate_reset": 1e999}}                               | -
            {"error": {"rate_reset": "0.3"}}                               | -
            {"error": {"rate_reset": NaN}}                                 | -
            {"error": {"rate_limit": -40, "rate_reset": 0.5}}              | -
            {"error": {"rate_limit": 0, "rate_reset": 0.5}}                | -
            {"error": {"rate_limit": 1e12, "rate_reset": 0.5}}             | -
            {"error": {"rate_limit": "40", "rate_reset": 0.5}}             | -
            {"error": {"rate_limit": 40, "rate_reset": -0.5}}              | 40/0
            {"error": {"rate_limit": 40, "rate_window": -1}}               | 40/0
            {"error": {"rate_limit": 40, "rate_window": 0}}                | 40/0
            {"error": {"rate_limit": 40, "rate_window": 1e300}}            | 40/0
            {"error": {"rate_limit": 40, "rate_limit_type": 7}}            | 40/0
            {"error": [40]}                                                | -
            """)
    void row59_numbersOfTheBodyThatMakeNoSenseAreIgnored(String body, String reading) {
        assertThat(written(refused("", body).quota())).isEqualTo(reading);
    }

    @Test
    void row60_aResetInADayIsBelieved() {
        AttemptResult.Refused refused = refused("RateLimit: limit=100, remaining=0, reset=86400", "");
        assertThat(written(refused.quota())).isEqualTo("100/0 reset 86400000");
        assertThat(refused.retryAfter()).hasSeconds(86401);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RateLimit: limit=100, remaining=130, reset=5
            RateLimit: "a";r=130;t=5 // RateLimit-Policy: "a";q=100
            RateLimit-Limit: 100 // RateLimit-Remaining: 130 // RateLimit-Reset: 5
            """, quoteCharacter = '\u0001')
    void row61_moreMayBeLeftThanTheLimit(String lines) {
        assertThat(written(reading(lines))).isEqualTo("100/130 reset 5000");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '\u0001', textBlock = """
            RateLimit: limit=100, remaining=0, reset=5 |                                   | 6000
            RateLimit: limit=100, remaining=0, reset=0 |                                   | 1000
            RateLimit: "a";r=0;t=5                     |                                   | 6000
            RateLimit: "a";t=5                         |                                   | 6000
            RateLimit: "a";t=5, "b";t=7                |                                   | 8000
            RateLimit-Reset: 5                         |                                   | 6000
            x-rate-limit-reset: 5                      |                                   | 6000
            Retry-After: 5                             |                                   | 5000
            Date: 0                                    | {"error": {"rate_reset": 0.37}}   | 370
            Date: 0                                    | {"error": "Too many"}             | -
            RateLimit: limit=100, remaining=0, reset=1 // Retry-After: 1 | {"error": {"rate_reset": 0.37}} | 370
            RateLimit: limit=100, remaining=0, reset=9 | {"error": {"rate_reset": 0.37}}   | 370
            Retry-After: 9                             | {"error": {"rate_reset": 0.37}}   | 9000
            RateLimit-Reset: 5 // Retry-After: 9       |                                   | 9000
            RateLimit-Reset: 5 // Retry-After: soon    | {"error": {"rate_reset": -1}}     | 6000
            """)
    void row57_aRefusalSaysHowLongToWaitInSixForms(String lines, String body, Long millis) {
        Duration wait = refused(lines, body == null ? "" : body).retryAfter();
        assertThat(wait == null ? null : wait.toMillis()).isEqualTo(millis);
    }

    @Test
    void aFailureOfTheServerWaitsOnlyAsRetryAfterSays() {
        AttemptResult.Refused failure = (AttemptResult.Refused) Reading.READER.read(
                503,
                headers("RateLimit: limit=100, remaining=50, reset=5"),
                "{\"error\": {\"rate_reset\": 3}}".getBytes(StandardCharsets.UTF_8),
                true,
                Reading.RECEIVED);
        assertThat(failure.retryAfter()).isNull();
        assertThat(written(failure.quota())).isEqualTo("100/50 reset 5000");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '\u0001', textBlock = """
            RateLimit: limit=100, remaining=0, reset=1  | {}                                              | 100/0 reset 1000
            RateLimit: limit=100, remaining=7, reset=1  | {}                                              | 100/0 reset 1000
            RateLimit: limit=100, reset=1               | {}                                              | 100/0 reset 1000
            RateLimit: limit=100, remaining=0, reset=1  | {"error": {"rate_reset": 0.370663}}             | 100/0 exact 370
            RateLimit: limit=100, remaining=0, reset=1 // RateLimit-Policy: 100;w=5 | {"error": {"rate_reset": 0.37, "rate_limit": 100}} | 100/0 exact 370 window 5000
            RateLimit: limit=300, remaining=9, reset=4 // RateLimit-Policy: 300;w=5 | {"error": {"rate_limit": 40}}       | 40/0
            RateLimit: limit=300, remaining=9, reset=4 // RateLimit-Policy: 300;w=5 | {"error": {"rate_limit": 40, "rate_reset": 0.87, "rate_window": 1, "rate_limit_type": "key"}} | 40/0 exact 870 window 1000 KEY
            Date: 0       | {"error": {"rate_limit": 40, "rate_reset": 0.87, "rate_window": 1, "rate_limit_type": "key"}} | 40/0 exact 870 window 1000 KEY
            Date: 0       | {"rate_limit": 40, "rate_reset": 0.87, "rate_window": 1, "rate_limit_type": "organization"}   | 40/0 exact 870 window 1000 ORGANISATION
            Date: 0       | {"error": {"rate_limit": 40, "rate_limit_type": "planet"}}                    | 40/0
            Retry-After: 9 | {"error": {"rate_limit": 40, "rate_reset": 0.87}}                            | 40/0
            Retry-After: 9 // RateLimit: limit=40, remaining=0, reset=9 | {"error": {"rate_limit": 40, "rate_reset": 0.87}} | 40/0 reset 9000
            Date: 0       | {"error": {"rate_reset": 0.87}}                                               | -
            RateLimit: "a";r=0;t=5 | {}                                                                   | -
            """)
    void aRefusalLeavesNothingAndItsBodyKnowsBest(String lines, String body, String reading) {
        assertThat(written(refused(lines, body).quota())).isEqualTo(reading);
    }

    @Test
    void everyAnswerTellsOfTheQuota() {
        for (int status : new int[] {200, 204, 400, 401, 404, 418, 500}) {
            AttemptResult result = Reading.READER.read(
                    status,
                    headers("RateLimit: limit=100, remaining=50"),
                    "{}".getBytes(StandardCharsets.UTF_8),
                    true,
                    Reading.RECEIVED);
            assertThat(result.quota())
                    .as("%d", status)
                    .isEqualTo(new QuotaReading(100, 50, null, false, null, Scope.UNSAID));
        }
    }

    @Test
    void anAnswerThatSaysNothingIsAskedThreeThings() {
        List<String> asked = new ArrayList<>();
        ResponseHeaders none = new ResponseHeaders() {
            @Override
            public List<String> all(String name) {
                throw new AssertionError("makes a list of " + name);
            }

            @Override
            public String first(String name) {
                asked.add(name);
                return null;
            }
        };
        assertThat(QuotaHeaders.read(none, false)).isSameAs(QuotaHeaders.NONE);
        assertThat(asked).containsExactly("ratelimit", "ratelimit-remaining", "x-rate-limit-remaining");
    }

    private static QuotaReading reading(String lines) {
        return Reading.READER
                .read(200, headers(lines), new byte[0], true, Reading.RECEIVED)
                .quota();
    }

    private static AttemptResult.Refused refused(String lines, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return (AttemptResult.Refused) Reading.READER.read(429, headers(lines), bytes, true, Reading.RECEIVED);
    }

    static ResponseHeaders headers(String lines) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line : lines.split(" // ", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
                        .add(line.substring(colon + 1).strip());
            }
        }
        return new Reading.Lines(headers);
    }

    private static String written(QuotaReading reading) {
        if (reading == null) {
            return null;
        }
        return reading.limit()
                + "/"
                + reading.remaining()
                + (reading.reset() == null
                        ? ""
                        : (reading.exact() ? " exact " : " reset ")
                                + reading.reset().toMillis())
                + (reading.window() == null ? "" : " window " + reading.window().toMillis())
                + (reading.scope() == Scope.UNSAID ? "" : " " + reading.scope());
    }
}
