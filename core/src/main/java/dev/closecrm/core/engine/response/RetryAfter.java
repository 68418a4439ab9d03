package dev.closecrm.core.engine.response;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How long a {@code Retry-After} header asks to wait: seconds, or a date in any of the three forms that HTTP has had (RFC 9110,
 * 10.2.3 and 5.6.7). What cannot be read is as if it were not there.
 */
final class RetryAfter {

    /** Ten digits are 300 years. */
    private static final int MAX_DIGITS = 10;

    private static final int MAX_DATE_CHARS = 40;

    private static final DateTimeFormatter IMF_FIXDATE = form("dd MMM uuuu HH:mm:ss 'GMT'");

    private static final DateTimeFormatter ASCTIME = form("MMM ppd HH:mm:ss uuuu");

    private RetryAfter() {}

    /**
     * Reads the header.
     *
     * @param value the value of {@code Retry-After}, or null
     * @param date the value of {@code Date} of the same answer, or null
     * @param receivedEpochMillis when the answer came by the clock on the wall; used where {@code date} does not say what time it
     *     is for the server, so that a wrong clock on either side does no harm
     * @return the wait, not negative, or null if none can be read
     */
    static @Nullable Duration read(@Nullable String value, @Nullable String date, long receivedEpochMillis) {
        if (value == null) {
            return null;
        }
        String text = value.strip();
        if (isNumber(text)) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        Instant received = Instant.ofEpochMilli(receivedEpochMillis);
        Instant then = instant(text, received);
        if (then == null) {
            return null;
        }
        Instant serverTime = date == null ? null : instant(date.strip(), received);
        Duration wait = Duration.between(serverTime == null ? received : serverTime, then);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= MAX_DIGITS && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The weekday is not looked at: it says nothing that the rest does not. */
    private static @Nullable Instant instant(String text, Instant received) {
        if (text.length() > MAX_DATE_CHARS) {
            return null;
        }
        int comma = text.indexOf(',');
        int blank = text.indexOf(' ');
        try {
            if (comma < 0) {
                return blank < 0 ? null : parsed(text.substring(blank + 1), ASCTIME);
            }
            String rest = text.substring(comma + 1).stripLeading();
            return rest.indexOf('-') < 0 ? parsed(rest, IMF_FIXDATE) : parsed(rest, rfc850(received));
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    private static Instant parsed(String text, DateTimeFormatter form) {
        return LocalDateTime.parse(text, form).toInstant(ZoneOffset.UTC);
    }

    /** Two digits for the year: the one that is not more than 50 years ahead. */
    private static DateTimeFormatter rfc850(Instant received) {
        LocalDate base = LocalDate.ofInstant(received, ZoneOffset.UTC).minusYears(49);
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern("dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, base)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.ENGLISH);
    }

    private static DateTimeFormatter form(String pattern) {
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.ENGLISH);
    }
}
