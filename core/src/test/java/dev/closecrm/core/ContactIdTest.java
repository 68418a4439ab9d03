package dev.closecrm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.InvalidContactIdException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContactIdTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cont_a",
                "cont_0",
                "cont_Z",
                "cont_bwwjJ7eUgNNQKhbAlLqKXTRJZtLLZTWTmJCDkwxEbBF",
                "cont_0123456789012345678901234567890123456789012345678901234567890123"
            })
    void acceptsThePrefixAndOneToSixtyFourLettersOrDigits(String text) {
        assertThat(ContactId.of(text).value()).isEqualTo(text);
        assertThat(ContactId.of(text)).hasToString(text);
    }

    static String[] others() {
        return new String[] {
            "",
            " ",
            "cont_",
            "cont",
            "Cont_a",
            "CONT_a",
            "lead_a",
            "cont-a",
            " cont_a",
            "cont_a ",
            "cont_a\n",
            "cont_a\r\nX-Evil: 1",
            "cont_a/",
            "cont_a/../../lead/lead_x",
            "../lead/lead_x",
            "cont_a?b",
            "cont_a#b",
            "cont_a%2e",
            "%2e%2e",
            "cont_a.b",
            "cont_a_b",
            "cont_a-b",
            "cont_a;b",
            "cont_\u0000",
            "cont_ä",
            "cont_\u0661",
            "cont_\uff21",
            "\ufeffcont_a",
            "cont_01234567890123456789012345678901234567890123456789012345678901234",
            "cont_" + "a".repeat(10_240),
        };
    }

    @ParameterizedTest
    @MethodSource("others")
    void refusesEverythingElseAndSaysSo(String text) {
        assertThatExceptionOfType(InvalidContactIdException.class)
                .isThrownBy(() -> ContactId.of(text))
                .satisfies(e -> {
                    assertThat(e.delivery()).isEqualTo(Delivery.NOT_SENT);
                    assertThat(e.attempts()).isZero();
                    assertThat(e.retryable()).isFalse();
                    assertThat(e.contactId()).isEqualTo(text);
                    assertThat(e.getMessage())
                            .contains("expected cont_ and 1 to 64 letters or digits")
                            .hasSizeLessThan(600)
                            .doesNotContain("\n", "\r", "\u0000");
                });
    }

    @Test
    void nullIsAMistakeInTheProgram() {
        assertThatNullPointerException().isThrownBy(() -> ContactId.of(null));
    }
}
