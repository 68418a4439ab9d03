package dev.closecrm.core.engine.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.quota.QuotaReading;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Answers that make sense, spoilt at random: whatever is left of them, it grants nothing that they do not say. */
class QuotaReaderMutationTest {

    private static final int ROUNDS = 20_000;

    private static final List<String> ANSWERS = List.of(
            "RateLimit: limit=100, remaining=50, reset=5 // RateLimit-Policy: 100;w=10, 1000;w=3600",
            "RateLimit: \"a\";r=50;t=30, \"b\";r=7;t=9 // RateLimit-Policy: \"a\";q=100;w=60, \"b\";q=10;w=10;pk=:cGsK:",
            "RateLimit: limit=100 // RateLimit: remaining=50 // RateLimit: reset=5",
            "RateLimit-Limit: 100, 100;w=10 // RateLimit-Remaining: 50 // RateLimit-Reset: 5",
            "x-rate-limit-limit: 100 // x-rate-limit-remaining: 50 // x-rate-limit-reset: 5",
            "RateLimit: limit=300, remaining=0, reset=1 // Retry-After: 1");

    private static final String BODY = "{\"error\": {\"rate_limit\": 40, \"rate_reset\": 0.870663, \"rate_window\": 1,"
            + " \"rate_limit_type\": \"key\"}}";

    private static final List<String> PIECES = List.of(
            "-",
            "NaN",
            "9",
            "99999999999",
            "0",
            ".",
            "e9",
            "\"",
            "\\",
            "(",
            ")",
            ",",
            ";",
            "=",
            " // ",
            ": ",
            "remaining=",
            "r=",
            "limit=",
            "\u0000",
            "٣",
            "RateLimit: ",
            "RateLimit-Remaining: ",
            "{",
            "}",
            "1e999",
            "null",
            "[");

    @Test
    void row59_whatIsLeftOfASpoiltAnswerGrantsNothingThatItDoesNotSay() {
        long seed = Long.getLong("closecrm.test.seed", System.nanoTime());
        System.out.println("QuotaReaderMutationTest: seed " + seed);
        Random random = new Random(seed);
        int read = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String lines = spoilt(ANSWERS.get(random.nextInt(ANSWERS.size())), random);
            String body = spoilt(BODY, random);
            read += isHarmless(200, lines, "", seed) ? 1 : 0;
            read += isHarmless(429, lines, body, seed) ? 1 : 0;
        }
        assertThat(read).as("answers still read, seed %d", seed).isBetween(ROUNDS / 4, 2 * ROUNDS - 1);
    }

    private static boolean isHarmless(int status, String lines, String body, long seed) {
        String what = "seed " + seed + ", " + status + ", " + lines + ", " + body;
        AttemptResult result;
        try {
            result = Reading.READER.read(
                    status,
                    QuotaReaderTest.headers(lines),
                    body.getBytes(StandardCharsets.UTF_8),
                    true,
                    Reading.RECEIVED);
        } catch (RuntimeException e) {
            throw new AssertionError(what, e);
        }
        if (result instanceof AttemptResult.Refused refused && refused.retryAfter() != null) {
            assertThat(refused.retryAfter().isNegative()).as(what).isFalse();
        }
        QuotaReading reading = result.quota();
        if (reading == null) {
            return false;
        }
        assertThat(reading.limit()).as(what).isPositive();
        if (status == 429) {
            assertThat(reading.remaining()).as(what).isZero();
        } else {
            // Not only no more than the largest: it is one of those that are written there.
            assertThat(numbers(lines)).as(what).contains((long) reading.remaining(), (long) reading.limit());
        }
        assertThat(reading.reset() == null || !reading.reset().isNegative())
                .as(what)
                .isTrue();
        assertThat(reading.window() == null
                        || (!reading.window().isNegative() && !reading.window().isZero()))
                .as(what)
                .isTrue();
        return true;
    }

    private static String spoilt(String text, Random random) {
        StringBuilder spoilt = new StringBuilder(text);
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(spoilt.length() + 1);
            int until = Math.min(spoilt.length(), at + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> spoilt.delete(at, until);
                case 1 -> spoilt.insert(random.nextInt(spoilt.length() + 1), spoilt.substring(at, until));
                case 2 -> spoilt.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                default -> spoilt.replace(at, until, PIECES.get(random.nextInt(PIECES.size())));
            }
        }
        return spoilt.toString();
    }

    private static Set<Long> numbers(String text) {
        Set<Long> numbers = new HashSet<>();
        long number = -1;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (c >= '0' && c <= '9') {
                number = Math.min(Math.max(number, 0) * 10 + (c - '0'), Integer.MAX_VALUE);
            } else if (number >= 0) {
                numbers.add(number);
                number = -1;
            }
        }
        return numbers;
    }
}
