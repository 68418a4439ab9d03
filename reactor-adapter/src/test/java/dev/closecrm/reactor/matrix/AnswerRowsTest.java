package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ConnectionOptions;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 27 and 29 to 35: answers that are cut, endless, too large, or not the API's. */
@ExtendWith(Watch.class)
class AnswerRowsTest {

    @ParameterizedTest
    @EnumSource
    void row27_whatIsNotHttpIsAProtocolFaultAndTheContactIsAskedForAgain(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.garbage());
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertInferredAtTheSecond(result, sandbox);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(2);

            sandbox.faults().every(1, Fault.garbage());
            Unanswered.of(Small.delete(client))
                    .in(Phase.PROTOCOL)
                    .timedOut(false)
                    .inDoubt()
                    .passing();
            // Two before, and one for each attempt: none is used again.
            assertThat(sandbox.ledger().requests()).isEqualTo(2 + Unanswered.ALL_ATTEMPTS);
            assertThat(sandbox.ledger().connectionsOpened()).isEqualTo(1 + Unanswered.ALL_ATTEMPTS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row29_aSuccessWhoseBodyIsCutIsAskedAgainAndInferred(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.truncated());
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertInferredAtTheSecond(result, sandbox);
        }
    }

    @Test
    @Row(runs = "HTTP/1.1; over HTTP/2 the sandbox drips the body only, which is too short for it")
    void row30_anAnswerThatDripsEndsWithTheAttemptAndIsAskedAgain() {
        try (CloseCrmSandbox sandbox = Small.sandbox(Over.HTTP_1_1, 1)) {
            Duration limit = Small.small(ConnectionOptions.defaults().attemptTimeout());
            CloseCrmClient client =
                    Small.client(sandbox.baseUrl(), Over.HTTP_1_1, connections -> connections.attemptTimeout(limit));
            // Each byte comes well within the limit of a silence.
            sandbox.faults().next(Fault.slowDrip(Duration.ofMillis(50)));
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertInferredAtTheSecond(result, sandbox);
            assertThat(result.elapsed()).isGreaterThanOrEqualTo(limit);
            Eventually.is(
                    "the dripping exchange is closed",
                    Small.LIMIT,
                    () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row31_aBodyOfAGigabyteIsNotRead(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.oversizedBody(1L << 30));
            assertUnexpected(Small.delete(client, Small.first(sandbox)), sandbox);
            Eventually.is(
                    "the rest is not awaited",
                    Small.LIMIT,
                    () -> sandbox.ledger().inFlight() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row32_aCompressedBodyIsNotUnpacked(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            // What a bomb begins with. That nothing was unpacked shows in the text that the error keeps.
            sandbox.faults().next(Fault.status(200, "\u001f\u008b\u0008bomb").header("Content-Encoding", "gzip"));
            CallException error = assertUnexpected(Small.delete(client, Small.first(sandbox)), sandbox);
            assertThat(error).hasMessageContaining("bomb");
        }
    }

    static Stream<Arguments> successes() {
        return Stream.of(Over.values())
                .flatMap(over -> Stream.of(
                        Arguments.of(Fault.status(200, "").afterDelete(), over),
                        Arguments.of(Fault.noContent(), over),
                        Arguments.of(Fault.status(200, "{}").afterDelete(), over),
                        Arguments.of(Fault.status(200, "{\"x\": 1}").afterDelete(), over),
                        Arguments.of(Fault.chunked(), over)));
    }

    @ParameterizedTest
    @MethodSource("successes")
    void row33_everyFormOfASuccessIsADeletion(Fault form, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(form);
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
            assertThat(result.attempts()).isEqualTo(1);
            assertThat(sandbox.ledger().requests()).isEqualTo(1);
            assertThat(sandbox.contactCount()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void row34_aPageThatSaysTwoHundredIsNoDeletion(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.html(200));
            assertUnexpected(Small.delete(client, Small.first(sandbox)), sandbox);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row35_aPageThatSaysNotFoundIsNotAMissingContact(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.html(404));
            assertUnexpected(Small.delete(client, Small.first(sandbox)), sandbox);
        }
    }

    private static void assertInferredAtTheSecond(DeleteResult<ContactId> result, CloseCrmSandbox sandbox) {
        assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.INFERRED));
        assertThat(result.attempts()).isEqualTo(2);
        assertThat(sandbox.ledger().requests()).isEqualTo(2);
    }

    private static CallException assertUnexpected(DeleteResult<ContactId> result, CloseCrmSandbox sandbox) {
        CallException error = (CallException) Small.error(result);
        assertThat(error.code()).isEqualTo(ErrorCode.UNEXPECTED_RESPONSE);
        assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(sandbox.ledger().requests()).isEqualTo(1);
        return error;
    }
}
