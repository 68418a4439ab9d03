package dev.closecrm.core.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorsTest {

    private static final ErrorResponse SAID = new ErrorResponse(418, List.of("because"), Map.of("f", "bad"), "req");
    private static final Delivery NO = Delivery.NOT_APPLIED;

    /** Every leaf, made by its public constructor as a user's test would. */
    static Stream<Arguments> everyError() {
        return Stream.of(
                Arguments.of(new InvalidContactIdException("x"), false),
                Arguments.of(new BadRequestException("cont_a", SAID, 1, NO), false),
                Arguments.of(new UnauthorizedException("cont_a", SAID, 1, NO), false),
                Arguments.of(new PaymentRequiredException("cont_a", SAID, 1, NO), false),
                Arguments.of(new ForbiddenException("cont_a", SAID, 1, NO), false),
                Arguments.of(new ContactNotFoundException("cont_a", SAID, 1, NO), false),
                Arguments.of(new MethodNotAllowedException("cont_a", SAID, 1, NO), false),
                Arguments.of(new UnsupportedMediaTypeException("cont_a", SAID, 1, NO), false),
                Arguments.of(new RateLimitedException("cont_a", SAID, Duration.ofSeconds(1), 1, NO), true),
                Arguments.of(new ServerErrorException("cont_a", SAID, null, 1, NO), true),
                Arguments.of(new UnexpectedResponseException("cont_a", SAID, 1, NO), false),
                Arguments.of(
                        new TransportException(
                                "cont_a",
                                TransportException.Phase.CONNECT,
                                true,
                                true,
                                "refused",
                                null,
                                1,
                                Delivery.NOT_SENT),
                        true),
                Arguments.of(
                        new CallTimeoutException(
                                "cont_a",
                                CallTimeoutException.Phase.QUOTA,
                                Duration.ofSeconds(90),
                                null,
                                0,
                                Delivery.NOT_SENT),
                        true),
                Arguments.of(new TokenRefreshException("cont_a", "down", true, null, 0, Delivery.NOT_SENT), true),
                Arguments.of(new ClientDisposedException(), false),
                Arguments.of(
                        new BulkAbortedException(
                                BulkAbortedException.Reason.CREDENTIALS_REFUSED,
                                new BulkSummary(1, 2, 3, 4, 5, 15, 14),
                                null),
                        false));
    }

    @ParameterizedTest
    @MethodSource("everyError")
    void everyErrorSaysWhetherToTryAgainAndSurvivesSerialization(CloseCrmException error, boolean retryable)
            throws Exception {
        assertThat(error.retryable()).isEqualTo(retryable);
        assertThat(error.getMessage()).isNotBlank();

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(error);
        Object copy = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        assertThat(copy).isExactlyInstanceOf(error.getClass());
        assertThat(((CloseCrmException) copy).getMessage()).isEqualTo(error.getMessage());
        if (copy instanceof ApiException api) {
            assertThat(api.messages()).containsExactly("because");
            assertThat(api.status()).isEqualTo(418);
        }
    }

    @Test
    void everyCodeBelongsToOneLeaf() {
        List<ErrorCode> codes = everyError()
                .map(each -> ((CloseCrmException) each.get()[0]).code())
                .toList();
        assertThat(codes).containsExactlyInAnyOrder(ErrorCode.values());
        assertThat(everyError().map(each -> (Object) each.get()[0].getClass()).toList())
                .containsExactlyInAnyOrderElementsOf(leaves(CloseCrmException.class));
    }

    @ParameterizedTest
    @CsvSource({"500, true", "503, true", "408, true", "501, false", "505, false"})
    void aServerErrorIsWorthAnotherTryUnlessItSaysNever(int status, boolean retryable) {
        assertThat(new ServerErrorException("cont_a", ErrorResponse.of(status), null, 1, Delivery.UNKNOWN).retryable())
                .isEqualTo(retryable);
    }

    @Test
    void theMessageSaysWhetherTheContactMayBeGone() {
        assertThat(new ServerErrorException("cont_a", ErrorResponse.of(502), null, 2, Delivery.UNKNOWN))
                .hasMessageContaining("2 attempts; the contact may be deleted all the same");
        assertThat(new ForbiddenException("cont_a", ErrorResponse.of(403), 1, Delivery.NOT_APPLIED))
                .hasMessageContaining("1 attempt; nothing was deleted");
        assertThat(new InvalidContactIdException(null)).hasMessageContaining("not a contact id: null");
        assertThat(new InvalidContactIdException(null, new IllegalStateException("broken row")))
                .hasMessageContaining("broken row");
    }

    @Test
    void foreignTextIsBoundedAndOnOneLine() {
        ErrorResponse response = new ErrorResponse(
                500,
                List.of("a\r\nb\t\u0000\u001b[31m\u202e\u2028", "x".repeat(5000), "never kept"),
                new LinkedHashMap<>(Map.of("field", "y".repeat(5000))),
                "r".repeat(500));
        assertThat(response.messages()).hasSize(2);
        assertThat(response.messages().get(0)).isEqualTo("a\\r\\nb\\t\\u0000\\u001b[31m\\u202e\\u2028");
        assertThat(String.join("", response.messages()))
                .hasSizeLessThanOrEqualTo(2049)
                .endsWith("…");
        assertThat(response.fieldErrors()).isEmpty();
        assertThat(response.requestId()).hasSize(129);
    }

    @Test
    void whatMayHaveHappenedAddsUpToTheWorst() {
        assertThat(Delivery.NOT_SENT.and(Delivery.NOT_APPLIED)).isEqualTo(Delivery.NOT_APPLIED);
        assertThat(Delivery.UNKNOWN.and(Delivery.NOT_SENT)).isEqualTo(Delivery.UNKNOWN);
        assertThat(Delivery.NOT_APPLIED.and(Delivery.UNKNOWN)).isEqualTo(Delivery.UNKNOWN);
        assertThat(Delivery.NOT_SENT.and(Delivery.NOT_SENT)).isEqualTo(Delivery.NOT_SENT);
    }

    private static List<Object> leaves(Class<?> type) {
        List<Object> leaves = new ArrayList<>();
        if (type.isSealed()) {
            Arrays.stream(type.getPermittedSubclasses()).forEach(each -> leaves.addAll(leaves(each)));
        } else {
            leaves.add(type);
        }
        return leaves;
    }
}
