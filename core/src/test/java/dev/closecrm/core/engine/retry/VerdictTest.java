package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.ApiException;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.ContactNotFoundException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.RateLimitedException;
import dev.closecrm.core.error.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of how a call ends. */
class VerdictTest {

    private static final ContactId ID = ContactId.of("cont_a");

    @ParameterizedTest
    @EnumSource(Delivery.class)
    void aSuccessIsConfirmedWhateverCameBefore(Delivery before) {
        assertThat(Verdict.finish(ID, new AttemptResult.Deleted(200), new CallState(3, 3, 0, 0, false, before)))
                .isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
    }

    @ParameterizedTest
    @CsvSource({"NOT_SENT, NOT_FOUND", "NOT_APPLIED, NOT_FOUND", "UNKNOWN, DELETED"})
    void aMissingContactIsADeletionOnlyAfterAnAttemptThatMayHaveActed(Delivery before, DeleteOutcome.Kind expected) {
        DeleteOutcome outcome = Verdict.finish(ID, notFound(), new CallState(1, 1, 0, 0, false, before));
        assertThat(outcome.kind()).isEqualTo(expected);
        if (outcome instanceof DeleteOutcome.Deleted deleted) {
            assertThat(deleted.confirmation()).isEqualTo(Confirmation.INFERRED);
        }
    }

    @ParameterizedTest
    @EnumSource(Refusal.class)
    void everyRefusalHasItsErrorAndCarriesWhatTheAnswerSaid(Refusal refusal) {
        ErrorResponse response = new ErrorResponse(499, List.of("because"), Map.of("field", "bad"), "req_1");
        DeleteOutcome outcome =
                Verdict.finish(ID, new AttemptResult.Refused(refusal, response, Duration.ofMillis(370)), CallState.NEW);

        ApiException error = (ApiException) ((DeleteOutcome.Failed) outcome).error();
        ErrorCode expected =
                refusal == Refusal.UNEXPECTED ? ErrorCode.UNEXPECTED_RESPONSE : ErrorCode.valueOf(refusal.name());
        assertThat(error.code()).isEqualTo(expected);
        assertThat(error.status()).isEqualTo(499);
        assertThat(error.messages()).containsExactly("because");
        assertThat(error.fieldErrors()).containsEntry("field", "bad");
        assertThat(error.requestId()).isEqualTo("req_1");
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(error.contactId()).isEqualTo("cont_a");
        assertThat(error.getMessage()).contains("cont_a", "because", "field: bad", "499");
        if (error instanceof RateLimitedException limited) {
            assertThat(limited.retryAfter()).contains(Duration.ofMillis(370));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_SENT,    UNAUTHORIZED, NOT_APPLIED",
        "NOT_APPLIED, UNAUTHORIZED, NOT_APPLIED",
        "UNKNOWN,     UNAUTHORIZED, UNKNOWN",
        "NOT_SENT,    RATE_LIMITED, NOT_APPLIED",
        "NOT_SENT,    SERVER_ERROR, UNKNOWN",
        "NOT_APPLIED, SERVER_ERROR, UNKNOWN",
        "NOT_SENT,    UNEXPECTED,   UNKNOWN",
        "UNKNOWN,     FORBIDDEN,    UNKNOWN",
    })
    void whatACallMayHaveDoneIsTheWorstOfItsAttempts(Delivery before, Refusal refusal, Delivery expected) {
        DeleteOutcome outcome = Verdict.finish(
                ID,
                new AttemptResult.Refused(refusal, ErrorResponse.of(400), null),
                new CallState(2, 2, 0, 0, false, before));
        CallException error = (CallException) ((DeleteOutcome.Failed) outcome).error();
        assertThat(error.delivery()).isEqualTo(expected);
        assertThat(error.attempts()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_SENT, NOT_SENT, NOT_SENT",
        "NOT_SENT, UNKNOWN, UNKNOWN",
        "UNKNOWN, NOT_SENT, UNKNOWN",
        "NOT_APPLIED, NOT_SENT, NOT_APPLIED",
    })
    void aFaultKeepsItsPhaseAndAddsToWhatTheCallMayHaveDone(Delivery before, Delivery fault, Delivery expected) {
        Throwable cause = new IllegalStateException("cut");
        DeleteOutcome outcome = Verdict.finish(
                ID,
                new AttemptResult.Faulted(
                        TransportException.Phase.TLS, true, fault, AttemptResult.Prospect.TRANSIENT, "cut off", cause),
                new CallState(1, 1, 0, 0, false, before));
        TransportException error = (TransportException) ((DeleteOutcome.Failed) outcome).error();
        assertThat(error.phase()).isEqualTo(TransportException.Phase.TLS);
        assertThat(error.timedOut()).isTrue();
        assertThat(error.retryable()).isTrue();
        assertThat(error.delivery()).isEqualTo(expected);
        assertThat(error).hasCause(cause).hasMessageContaining("cut off");
    }

    @ParameterizedTest
    @CsvSource({"PERMANENT, false", "TRANSIENT, true", "UNPROCESSED, true"})
    void aFaultThatWouldComeAgainIsNotWorthAnotherTry(AttemptResult.Prospect prospect, boolean retryable) {
        DeleteOutcome outcome = Verdict.finish(
                ID,
                new AttemptResult.Faulted(
                        TransportException.Phase.TLS, false, Delivery.NOT_SENT, prospect, "not trusted", null),
                CallState.NEW);
        assertThat(((DeleteOutcome.Failed) outcome).error().retryable()).isEqualTo(retryable);
    }

    @Test
    void theErrorOfAMissingContactSaysWhatTheAnswerSaid() {
        ContactNotFoundException error = Verdict.notFound(ID, notFound(), CallState.NEW);
        assertThat(error.status()).isEqualTo(404);
        assertThat(error.messages()).containsExactly("gone");
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(error.delivery()).isEqualTo(Delivery.NOT_APPLIED);
    }

    private static AttemptResult.NotFound notFound() {
        return new AttemptResult.NotFound(new ErrorResponse(404, List.of("gone"), Map.of(), null));
    }
}
