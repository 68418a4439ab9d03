package dev.closecrm.core.engine.response;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of {@code Retry-After}. The moment of receipt is the date that RFC 9110 has in its examples. */
class RetryAfterTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "3, 3", "' 120 ', 120", "9999999999, 9999999999"})
    void secondsAreSeconds(String value, long seconds) {
        assertThat(read(value, null)).hasSeconds(seconds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:47 GMT",
                "Sunday, 06-Nov-94 08:49:47 GMT",
                "Sun Nov  6 08:49:47 1994",
                // The weekday says nothing, and names are read in any case.
                "Mon, 06 Nov 1994 08:49:47 GMT",
                "sun, 06 nov 1994 08:49:47 gmt",
                "  Sun, 06 Nov 1994 08:49:47 GMT  "
            })
    void aDateInAnyOfItsFormsIsADifference(String value) {
        assertThat(read(value, null)).hasSeconds(10);
    }

    @Test
    void aDayOfTwoDigitsFillsTheBlankOfTheOldestForm() {
        assertThat(read("Wed Nov 16 08:49:37 1994", null)).isEqualTo(Duration.ofDays(10));
    }

    @Test
    void aYearOfTwoDigitsIsNeverMoreThanFiftyYearsAhead() {
        assertThat(read("Saturday, 06-Nov-44 08:49:37 GMT", null).toDays()).isEqualTo(18_263);
        assertThat(read("Monday, 06-Nov-45 08:49:37 GMT", null)).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Sun, 06 Nov 1994 09:00:10 GMT | Sun, 06 Nov 1994 09:00:00 GMT | 10
            Sun, 06 Nov 1994 08:00:10 GMT | Sun, 06 Nov 1994 08:00:00 GMT | 10
            Sun, 06 Nov 1994 08:49:47 GMT | yesterday                     | 10
            """)
    void theTimeIsThatOfTheServerWhereItSaysIt(String value, String date, long seconds) {
        assertThat(read(value, date)).hasSeconds(seconds);
    }

    @Test
    void aDateThatIsPastAsksForNoWait() {
        assertThat(read("Sun, 06 Nov 1994 08:49:36 GMT", null)).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-1",
                "+1",
                "1.5",
                "1e3",
                "NaN",
                "soon",
                "99999999999",
                "١٢",
                "0x10",
                ",",
                "Sun,",
                "Sun, 31 Feb 1994 08:49:37 XYZ",
                "Sun, 06 Nov 1994",
                "06 Nov 1994 08:49:37 GMT",
                "Sun, 06-Nov-1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 GMTSun, 06 Nov 1994 08:49:37 GMT"
            })
    void whatCannotBeReadIsAsIfItWereNotThere(String value) {
        assertThat(read(value, null)).isNull();
    }

    @Test
    void noHeaderIsNoWait() {
        assertThat(read(null, null)).isNull();
    }

    private static Duration read(String value, String date) {
        return RetryAfter.read(value, date, Reading.RECEIVED);
    }
}
