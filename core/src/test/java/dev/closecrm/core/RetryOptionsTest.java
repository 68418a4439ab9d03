package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RetryOptionsTest {

    @Test
    void theDefaultsAreTheDocumentedOnes() {
        RetryOptions options = RetryOptions.defaults();
        assertThat(options.maxAttempts()).isEqualTo(4);
        assertThat(options.maxRefusals()).isEqualTo(10);
        assertThat(options.transportBackoff()).hasMillis(100);
        assertThat(options.transportBackoffCap()).hasSeconds(5);
        assertThat(options.statusBackoff()).hasSeconds(1);
        assertThat(options.statusBackoffCap()).hasSeconds(20);
        assertThat(options.longestServerWait()).hasSeconds(120);
        assertThat(options.budget()).isEqualTo(500);
        assertThat(options.retryCost()).isEqualTo(14);
        assertThat(options.callTimeout()).hasSeconds(90);
    }

    @Test
    void aCopyHoldsEveryValue() {
        RetryOptions options = RetryOptions.builder()
                .maxAttempts(7)
                .maxRefusals(8)
                .transportBackoff(Duration.ofMillis(9), Duration.ofMillis(10))
                .statusBackoff(Duration.ofMillis(11), Duration.ofMillis(12))
                .longestServerWait(Duration.ofMillis(13))
                .budget(14, 15)
                .callTimeout(Duration.ofMillis(16))
                .build();
        RetryOptions copy = options.toBuilder().build();
        assertThat(copy).usingRecursiveComparison().isEqualTo(options);
        assertThat(copy.toString())
                .isEqualTo("RetryOptions[maxAttempts=7, maxRefusals=8, transportBackoff=PT0.009S to PT0.01S,"
                        + " statusBackoff=PT0.011S to PT0.012S, longestServerWait=PT0.013S, budget=14, retryCost=15,"
                        + " callTimeout=PT0.016S]");
        assertThat(options.transportBackoffCap()).hasMillis(10);
        assertThat(options.statusBackoffCap()).hasMillis(12);
    }

    static Stream<Arguments> mistakes() {
        Duration second = Duration.ofSeconds(1);
        return Stream.of(
                mistake("maxAttempts is 0, must be at least 1", b -> b.maxAttempts(0)),
                mistake("maxRefusals is 0, must be at least 1", b -> b.maxRefusals(0)),
                mistake("budget capacity is -1, must be at least 0", b -> b.budget(-1, 1)),
                mistake("retryCost is 0, must be at least 1", b -> b.budget(1, 0)),
                mistake("transportBackoff is PT0S", b -> b.transportBackoff(Duration.ZERO, second)),
                mistake("must not be below its base", b -> b.transportBackoff(second, Duration.ofMillis(999))),
                mistake("statusBackoff cap is PT-1S", b -> b.statusBackoff(second, second.negated())),
                mistake("must not be below its base", b -> b.statusBackoff(second, Duration.ofMillis(999))),
                mistake("longestServerWait is PT0S", b -> b.longestServerWait(Duration.ZERO)),
                mistake("callTimeout is PT8784H", b -> b.callTimeout(Duration.ofDays(366))));
    }

    private static Arguments mistake(String message, Consumer<RetryOptions.Builder> set) {
        return Arguments.of(message, set);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aValueOutsideItsRangeIsRefusedByName(String message, Consumer<RetryOptions.Builder> set) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set.accept(RetryOptions.builder()))
                .withMessageContaining(message);
    }

    @Test
    void theBordersOfTheRangesAreFine() {
        assertThatCode(() -> RetryOptions.builder()
                        .maxAttempts(1)
                        .maxRefusals(1)
                        .budget(0, 1)
                        .transportBackoff(Duration.ofNanos(1), Duration.ofNanos(1))
                        .callTimeout(Duration.ofDays(365))
                        .build())
                .doesNotThrowAnyException();
    }

    @Test
    void nullIsAMistakeInTheProgram() {
        assertThatNullPointerException()
                .isThrownBy(() -> RetryOptions.builder().callTimeout(null))
                .withMessage("callTimeout");
    }
}
