package dev.closecrm.core.engine.response;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a quota as headers and bodies write them: digits, and perhaps decimals. Everything else is as if it were not
 * there: a sign, an exponent, a value that no service would mean.
 */
final class QuotaNumber {

    private static final int MAX_DIGITS = 12;
    private static final int MAX_DECIMALS = 9;
    private static final long MAX_COUNT = 1_000_000_000;

    /** A year: more than any window, and less than a date in seconds since 1970, which some services write for a wait. */
    private static final long MAX_SECONDS = 31_536_000;

    private QuotaNumber() {}

    /** A number of requests, rounded down; or null. */
    static @Nullable Integer count(@Nullable String text) {
        long millis = thousandths(text);
        return millis < 0 || millis > MAX_COUNT * 1000 ? null : (Integer) (int) (millis / 1000);
    }

    /** A number of requests of which there is at least one; or null. */
    static @Nullable Integer limit(@Nullable String text) {
        return positive(count(text));
    }

    /** The same of a number that has been read already. */
    static @Nullable Integer limit(double number) {
        return number >= 1 && number <= MAX_COUNT ? (Integer) (int) number : null;
    }

    /** Seconds, zero too; or null. */
    static @Nullable Duration seconds(@Nullable String text) {
        long millis = thousandths(text);
        return millis < 0 || millis > MAX_SECONDS * 1000 ? null : Duration.ofMillis(millis);
    }

    /** The same of a number that has been read already; not-a-number fails the comparison too. */
    static @Nullable Duration seconds(double number) {
        return number >= 0 && number <= MAX_SECONDS ? Duration.ofNanos((long) (number * 1e9)) : null;
    }

    /** A time that is not zero, or null. */
    static @Nullable Duration positive(@Nullable Duration duration) {
        return duration == null || duration.isZero() ? null : duration;
    }

    /** A number that is not zero, or null. */
    private static @Nullable Integer positive(@Nullable Integer count) {
        return count == null || count == 0 ? null : count;
    }

    static @Nullable Integer smaller(@Nullable Integer one, @Nullable Integer other) {
        return one == null || (other != null && other < one) ? other : one;
    }

    static @Nullable Duration longer(@Nullable Duration one, @Nullable Duration other) {
        return one == null || (other != null && other.compareTo(one) > 0) ? other : one;
    }

    /** Negative if the text is not a number; further decimals are cut off. */
    private static long thousandths(@Nullable String text) {
        if (text == null) {
            return -1;
        }
        int point = text.indexOf('.');
        int digits = point < 0 ? text.length() : point;
        int decimals = point < 0 ? 0 : text.length() - point - 1;
        if (digits == 0 || digits > MAX_DIGITS || (point >= 0 && decimals == 0) || decimals > MAX_DECIMALS) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < digits + 3; i++) {
            int at = i < digits ? i : i + 1;
            char c = at < text.length() ? text.charAt(at) : '0';
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return onlyDigits(text, digits + 4) ? value : -1;
    }

    private static boolean onlyDigits(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
