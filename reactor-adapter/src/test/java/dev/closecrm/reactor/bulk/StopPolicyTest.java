package dev.closecrm.reactor.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ForbiddenException;
import dev.closecrm.core.error.InvalidContactIdException;
import dev.closecrm.core.error.MethodNotAllowedException;
import dev.closecrm.core.error.PaymentRequiredException;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.core.error.UnsupportedMediaTypeException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of when a run ends early. A run is written as letters with how often each comes: "49n 1d". */
class StopPolicyTest {

    private static final ErrorResponse SAID = ErrorResponse.of(499);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1u            | 1  | CREDENTIALS_REFUSED
            9d 1u         | 10 | CREDENTIALS_REFUSED
            1p            | 1  | PLAN_LIMIT
            1m            | 1  | NOT_SUPPORTED
            1t            | 1  | NOT_SUPPORTED
            1x            | 1  | CLIENT_DISPOSED
            1o            | 1  | OUTAGE
            9a            | 0  |
            19f           | 0  |
            20f           | 20 | FORBIDDEN
            19f 1d 19f    | 0  |
            19f 1n 19f    | 0  |
            19f 1i 1f     | 21 | FORBIDDEN
            19f 1c 1f     | 21 | FORBIDDEN
            49n           | 0  |
            50n           | 50 | SUSPICIOUS_NOT_FOUND
            9i 50n        | 59 | SUSPICIOUS_NOT_FOUND
            9c 50n        | 59 | SUSPICIOUS_NOT_FOUND
            1d 99n        | 0  |
            1g 99n        | 0  |
            99G           | 0  |
            99G 49n       | 0  |
            99G 50n       | 149| SUSPICIOUS_NOT_FOUND
            30n 9G 20n    | 59 | SUSPICIOUS_NOT_FOUND
            49n 1d 99n    | 0  |
            49n 1s 99n    | 0  |
            49s           | 0  |
            50s           | 50 | TOO_MANY_FAILED
            25d 25s       | 0  |
            24d 26s       | 50 | TOO_MANY_FAILED
            25d 25s 1s    | 51 | TOO_MANY_FAILED
            60d 60s       | 0  |
            60d 61s       | 121| TOO_MANY_FAILED
            99i           | 0  |
            99c           | 0  |
            """)
    void aRunEndsWithTheResultThatBreaksARule(String results, int expectedAt, Reason expected) {
        assertRun(BulkOptions.defaults(), results, expectedAt, expected);
    }

    @Test
    void theOptionsAreTheNumbers() {
        BulkOptions<String> options = BulkOptions.<String>builder()
                .maxForbiddenInARow(2)
                .maxNotFoundAtFirst(3)
                .maxFailedShare(0.1)
                .build();
        assertRun(options, "2f", 2, Reason.FORBIDDEN);
        assertRun(options, "3n", 3, Reason.SUSPICIOUS_NOT_FOUND);
        assertRun(options, "45d 5s", 0, null);
        assertRun(options, "45d 6s", 51, Reason.TOO_MANY_FAILED);
    }

    @Test
    void theUsersOwnLimitIsANumberOfFailures() {
        BulkOptions<String> options = BulkOptions.<String>builder().maxFailed(3).build();
        assertRun(options, "99d 2s 99d", 0, null);
        assertRun(options, "99d 2s 99d 1s", 201, Reason.TOO_MANY_FAILED);
        assertRun(options, "99d 2s 9i 1f", 111, Reason.TOO_MANY_FAILED);
    }

    @Test
    void eachRuleCanBeSwitchedOff() {
        BulkOptions<String> options = BulkOptions.<String>builder()
                .maxForbiddenInARow(Integer.MAX_VALUE)
                .maxNotFoundAtFirst(Integer.MAX_VALUE)
                .maxFailedShare(1)
                .build();
        assertRun(options, "999f", 0, null);
        assertRun(options, "999n", 0, null);
        assertRun(options, "999s", 0, null);
    }

    private static void assertRun(BulkOptions<?> options, String results, int expectedAt, Reason expected) {
        StopPolicy policy = new StopPolicy(options);
        int count = 0;
        for (String part : List.of(results.split(" ", -1))) {
            int times = Integer.parseInt(part.substring(0, part.length() - 1));
            for (int i = 0; i < times; i++) {
                count++;
                char letter = part.charAt(part.length() - 1);
                StopRule broken = policy.after(outcome(letter), letter == 'G' || letter == 'N');
                if (broken != null) {
                    assertThat(count + " " + broken.reason()).isEqualTo(expectedAt + " " + expected);
                    return;
                }
            }
        }
        assertThat(expectedAt).isZero();
    }

    private static DeleteOutcome outcome(char letter) {
        return switch (letter) {
            case 'd' -> new DeleteOutcome.Deleted(Confirmation.CONFIRMED);
            case 'g', 'G' -> new DeleteOutcome.Deleted(Confirmation.INFERRED);
            case 'n', 'N' -> new DeleteOutcome.NotFound();
            case 'c' -> new DeleteOutcome.Duplicate(0, new DeleteOutcome.NotFound());
            case 'x' -> new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.CLIENT_DISPOSED);
            case 'o' -> new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.OUTAGE);
            case 'a' -> new DeleteOutcome.NotAttempted(DeleteOutcome.Reason.ABORTED);
            case 'i' -> new DeleteOutcome.Failed(new InvalidContactIdException("x"));
            case 'f' -> new DeleteOutcome.Failed(new ForbiddenException("cont_a", SAID, 1, Delivery.NOT_APPLIED));
            case 'u' -> new DeleteOutcome.Failed(new UnauthorizedException("cont_a", SAID, 1, Delivery.NOT_APPLIED));
            case 'p' -> new DeleteOutcome.Failed(new PaymentRequiredException("cont_a", SAID, 1, Delivery.NOT_APPLIED));
            case 'm' ->
                new DeleteOutcome.Failed(new MethodNotAllowedException("cont_a", SAID, 1, Delivery.NOT_APPLIED));
            case 't' ->
                new DeleteOutcome.Failed(new UnsupportedMediaTypeException("cont_a", SAID, 1, Delivery.NOT_APPLIED));
            default -> new DeleteOutcome.Failed(new ServerErrorException("cont_a", SAID, null, 1, Delivery.UNKNOWN));
        };
    }
}
