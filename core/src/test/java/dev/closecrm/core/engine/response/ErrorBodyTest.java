package dev.closecrm.core.engine.response;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorBodyTest {

    @Test
    void validationErrorsNameTheirFields() {
        ErrorBody body = read("{\"errors\": [\"first\", \"second\"], \"field-errors\": {\"email\": \"is wrong\"}}");
        assertThat(body.messages()).containsExactly("first", "second");
        assertThat(body.fieldErrors()).isEqualTo(Map.of("email", "is wrong"));
    }

    @Test
    void aSingleErrorIsItsText() {
        assertThat(read("{\"error\": \"Not found\"}").messages()).containsExactly("Not found");
    }

    @Test
    void anErrorThatIsAnObjectIsKeptAsItStands() {
        assertThat(read("{\"error\": {\"rate_limit\": 40}}").messages()).containsExactly("{\"rate_limit\":40}");
    }

    @Test
    void anErrorObjectWithAMessageIsItsMessage() {
        assertThat(read("{\"error\": {\"message\": \"Too many requests.\", \"rate_limit\": 40}}")
                        .messages())
                .containsExactly("Too many requests.");
    }

    @Test
    void shapesNobodyPromisedAreKeptAsText() {
        assertThat(read("{\"errors\": \"one\"}").messages()).containsExactly("one");
        assertThat(read("{\"errors\": [[\"a\"], 1, null, {\"b\": 2}]}").messages())
                .containsExactly("a", "1", "{\"b\":2}");
        assertThat(read("{\"field-errors\": [\"all wrong\"]}").messages()).containsExactly("all wrong");
        assertThat(read("{\"field-errors\": {\"a\": [\"b\"], \"c\": {\"d\": 1}}}")
                        .fieldErrors())
                .isEqualTo(Map.of("a", "[\"b\"]", "c", "{\"d\":1}"));
        assertThat(read("{\"error\": null, \"errors\": null}").messages()).isEmpty();
        assertThat(read("just text\n").messages()).containsExactly("just text");
        assertThat(read("   ").messages()).isEmpty();
        assertThat(read("").messages()).isEmpty();
    }

    @Test
    void sixteenLevelsAreReadAndOneMoreIsText() {
        String sixteen = "{\"error\":" + "[".repeat(15) + "\"deep\"" + "]".repeat(15) + "}";
        String seventeen = "{\"error\":" + "[".repeat(16) + "\"deep\"" + "]".repeat(16) + "}";
        assertThat(read(sixteen).isObject()).isTrue();
        assertThat(read(sixteen).messages()).containsExactly("deep");
        assertThat(read(seventeen).isObject()).isFalse();
        assertThat(read(seventeen).messages()).containsExactly(seventeen);
    }

    @Test
    void hostileBodiesAreTextAtMost() {
        for (String body : List.of(
                "[".repeat(60_000),
                "{\"a\":".repeat(10_000),
                "{\"error\": " + "9".repeat(60_000) + "}",
                "{\"" + "k".repeat(60_000) + "\": 1}",
                "{\"error\": {\"rate_reset\": " + "9".repeat(400) + "}}",
                "{\"rate_reset\": 1" + "0".repeat(900) + ".5}",
                "\u0000\u0001",
                "{\"error\": \"\\ud800\"}")) {
            assertThat(read(body).rate().reset()).isNull();
        }
    }

    private static ErrorBody read(String body) {
        return ErrorBody.read(body.getBytes(StandardCharsets.UTF_8));
    }
}
