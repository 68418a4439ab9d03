package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteOutcome.Kind;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.ApiException;
import dev.closecrm.core.error.BadRequestException;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.ContactNotFoundException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorCode;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/** Rows 41, 42 and 45 to 53: what each status means to a call and to a bulk run. */
@ExtendWith(Watch.class)
class StatusRowsTest {

    @ParameterizedTest
    @EnumSource
    void row41_aBadRequestFailsWithTheServicesWordsAndABulkRunGoesOn(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 3)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            String body = "{\"errors\": [\"no\"], \"field-errors\": {\"id\": \"odd\"}}";
            sandbox.faults().next(Fault.status(400, body), Fault.status(400, body));
            assertThat(failedAtOnce(client, sandbox)).isInstanceOfSatisfying(BadRequestException.class, error -> {
                assertThat(error.messages()).containsExactly("no");
                assertThat(error.fieldErrors()).containsEntry("id", "odd");
                assertThat(error.delivery()).isEqualTo(Delivery.NOT_APPLIED);
                assertThat(error.retryable()).isFalse();
            });
            assertThat(kinds(client.deleteContacts(Flux.fromIterable(sandbox.contactIds()))))
                    .containsExactlyInAnyOrder(Kind.FAILED, Kind.DELETED, Kind.DELETED);
            assertThat(sandbox.ledger().requests()).isEqualTo(1 + 3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row42_aRefusedKeyEndsTheCallAndTheBulkRun(Over over) {
        CloseCrmSandbox.Builder anotherKey =
                CloseCrmSandbox.builder().apiKey("api_another").contacts(200);
        try (CloseCrmSandbox sandbox = (over == Over.HTTP_2 ? anotherKey.http2() : anotherKey).start()) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over, connections -> connections.maxConnections(4));
            assertThat(failedAtOnce(client, sandbox)).isInstanceOf(UnauthorizedException.class);
            List<DeleteResult<String>> results = new ArrayList<>();
            BulkAbortedException aborted = Small.aborted(client.deleteContacts(sandboxIds(sandbox)), results);
            assertThat(aborted.reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
            assertEndedEarly(results, aborted, sandbox);
            assertThat(sandbox.contactCount()).isEqualTo(200);
        }
    }

    static Stream<Arguments> statusesThatEndARun() {
        return Stream.of(Over.values())
                .flatMap(over -> Stream.of(
                        Arguments.of(402, ErrorCode.PAYMENT_REQUIRED, Reason.PLAN_LIMIT, over),
                        Arguments.of(405, ErrorCode.METHOD_NOT_ALLOWED, Reason.NOT_SUPPORTED, over),
                        Arguments.of(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, Reason.NOT_SUPPORTED, over)));
    }

    @ParameterizedTest
    @MethodSource("statusesThatEndARun")
    void row45_aStatusThatNoItemCouldSurviveEndsTheRun(int status, ErrorCode code, Reason reason, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 200)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over, connections -> connections.maxConnections(4));
            sandbox.faults().every(1, Fault.status(status));
            CallException error = failedAtOnce(client, sandbox);
            assertThat(error).isInstanceOf(ApiException.class);
            assertThat(error.code()).isEqualTo(code);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_APPLIED);
            List<DeleteResult<String>> results = new ArrayList<>();
            BulkAbortedException aborted = Small.aborted(client.deleteContacts(sandboxIds(sandbox)), results);
            assertThat(aborted.reason()).isEqualTo(reason);
            assertEndedEarly(results, aborted, sandbox);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row46_aForbiddenContactIsOneFailureAndTwentyInARowEndTheRun(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 100)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over, connections -> connections.maxConnections(1));
            List<String> ids = sandbox.contactIds();
            sandbox.faults().forContact(ids.get(3), Fault.status(403));
            assertThat(kinds(client.deleteContacts(Flux.fromIterable(ids.subList(0, 10)))))
                    .hasSize(10)
                    .containsOnlyOnce(Kind.FAILED);

            sandbox.faults().every(1, Fault.status(403));
            List<DeleteResult<String>> results = new ArrayList<>();
            BulkAbortedException aborted =
                    Small.aborted(client.deleteContacts(Flux.fromIterable(ids.subList(10, 100))), results);
            assertThat(aborted.reason()).isEqualTo(Reason.FORBIDDEN);
            assertThat(results.stream().filter(result -> result.outcome().kind() == Kind.FAILED))
                    .hasSize(20)
                    .allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
            assertThat(sandbox.ledger().requests()).isEqualTo(10 + 20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row47_aMissingContactIsAnAnswerAfterOneAttempt(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 0)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            DeleteResult<ContactId> missing = Small.delete(client);
            assertThat(missing.outcome()).isEqualTo(new DeleteOutcome.NotFound());
            assertThat(missing.attempts()).isEqualTo(1);
            assertThat(Small.signal(client.deleteContact(Small.ID)))
                    .isInstanceOfSatisfying(
                            ContactNotFoundException.class,
                            error -> assertThat(error.attempts()).isEqualTo(1));
            assertThat(client.deleteContactIfExists(Small.ID).block(Small.LIMIT))
                    .isFalse();
            assertThat(sandbox.ledger().requests()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row48_aRunThatBeginsWithNothingButMissingContactsEnds(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 0)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over, connections -> connections.maxConnections(1));
            Flux<String> ids = Flux.range(0, 100).map(i -> "cont_" + i);
            List<DeleteResult<String>> results = new ArrayList<>();
            BulkAbortedException aborted = Small.aborted(client.deleteContacts(ids), results);
            assertThat(aborted.reason()).isEqualTo(Reason.SUSPICIOUS_NOT_FOUND);
            assertThat(aborted.summary().notFound()).isEqualTo(50);
            assertThat(results).hasSize((int) aborted.summary().nextIndex());
            assertThat(sandbox.ledger().requests()).isEqualTo(50);

            BulkOptions<String> all = BulkOptions.<String>builder()
                    .maxNotFoundAtFirst(Integer.MAX_VALUE)
                    .build();
            assertThat(kinds(client.deleteContacts(ids, all))).hasSize(100).containsOnly(Kind.NOT_FOUND);
            assertThat(sandbox.ledger().requests()).isEqualTo(50 + 100);
        }
    }

    static Stream<Arguments> statusesThatPass() {
        return Stream.of(Over.values())
                .flatMap(over -> IntStream.of(500, 502, 503, 504, 520, 408).mapToObj(s -> Arguments.of(s, over)));
    }

    @ParameterizedTest
    @MethodSource("statusesThatPass")
    void row49_aServerThatFailsTwiceIsAskedAThirdTime(int status, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.status(status), Fault.status(status));
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
            assertThat(result.attempts()).isEqualTo(3);
            assertThat(sandbox.ledger().requests()).isEqualTo(3);

            sandbox.faults().every(1, Fault.status(status));
            assertThat(Small.error(Small.delete(client))).isInstanceOfSatisfying(ServerErrorException.class, error -> {
                assertThat(error.attempts()).isEqualTo(Unanswered.ALL_ATTEMPTS);
                assertThat(error.retryable()).isTrue();
                assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            });
            assertThat(sandbox.ledger().requests()).isEqualTo(3 + Unanswered.ALL_ATTEMPTS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row50_aMissingContactAfterAServerErrorWasDeletedByUs(Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(Fault.status(503).afterDelete());
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.INFERRED));
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(sandbox.ledger().requests()).isEqualTo(2);
        }
    }

    static Stream<Arguments> oneSecondFromNow() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusYears(1));
        String before = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusYears(1).minusSeconds(1));
        return Stream.of(Over.values())
                .flatMap(over -> Stream.of(
                        Arguments.of("seconds", Fault.status(503).header("Retry-After", "1"), over),
                        // By the server's own clock, which is a year ahead.
                        Arguments.of(
                                "a date",
                                Fault.status(503).header("Date", before).header("Retry-After", date),
                                over)));
    }

    @ParameterizedTest(name = "{0} over {2}")
    @MethodSource("oneSecondFromNow")
    void row51_aServerThatFailsIsLeftAloneForAsLongAsItAsks(String form, Fault fault, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().next(fault);
            DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
            assertThat(result.outcome().kind()).isEqualTo(Kind.DELETED);
            assertThat(result.attempts()).isEqualTo(2);
            assertThat(result.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
            sandbox.faults().next(Fault.status(503).header("Retry-After", "9999"));
            assertThat(Small.error(Small.delete(client)))
                    .isInstanceOfSatisfying(ServerErrorException.class, error -> {
                        assertThat(error.retryAfter()).contains(Duration.ofSeconds(9999));
                        assertThat(error.attempts()).isEqualTo(1);
                    })
                    .hasMessageContaining("asks to wait 9999000 ms");
            assertThat(sandbox.ledger().requests()).isEqualTo(2 + 1);
        }
    }

    static Stream<Arguments> statusesThatDoNotPass() {
        // The sandbox answers with statuses up to 599.
        return Stream.of(Over.values())
                .flatMap(over -> IntStream.of(501, 505, 418).mapToObj(status -> Arguments.of(status, over)));
    }

    @ParameterizedTest
    @MethodSource("statusesThatDoNotPass")
    void row52_aStatusThatWillNotPassEndsTheCall(int status, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            sandbox.faults().every(1, Fault.status(status));
            CallException error = failedAtOnce(client, sandbox);
            assertThat(error.retryable()).isFalse();
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void row52_aStatusThatIsNoneEndsTheCall(Over over) throws Exception {
        try (Service service = Service.plain(over, (request, reply) -> reply.json(999, "{}"))) {
            CallException error = (CallException) Small.error(Small.delete(Small.client(service.baseUrl(), over)));
            assertThat(error.code()).isEqualTo(ErrorCode.UNEXPECTED_RESPONSE);
            assertThat(error.attempts()).isEqualTo(1);
            assertThat(error.retryable()).isFalse();
            assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
            assertThat(service.requests()).hasSize(1);
        }
    }

    static Stream<Arguments> redirects() {
        return Stream.of(Over.values())
                .flatMap(over -> IntStream.of(301, 302, 303, 307, 308).mapToObj(s -> Arguments.of(s, over)));
    }

    @ParameterizedTest
    @MethodSource("redirects")
    void row53_noRedirectIsFollowed(int status, Over over) {
        try (CloseCrmSandbox sandbox = Small.sandbox(over, 1);
                CloseCrmSandbox other = Small.sandbox(over, 1)) {
            CloseCrmClient client = Small.client(sandbox.baseUrl(), over);
            for (String target : List.of("/api/v1/contact/cont_2/", other.baseUrl() + "/", "http://localhost:1/")) {
                sandbox.faults().next(Fault.status(status).header("Location", target));
                CallException error = (CallException) Small.error(Small.delete(client));
                assertThat(error.code()).isEqualTo(ErrorCode.UNEXPECTED_RESPONSE);
                assertThat(error.attempts()).isEqualTo(1);
            }
            assertThat(sandbox.ledger().requests()).isEqualTo(3);
            assertThat(other.ledger().connectionsOpened()).isZero();
        }
    }

    private static Flux<String> sandboxIds(CloseCrmSandbox sandbox) {
        return Flux.fromIterable(sandbox.contactIds());
    }

    private static List<Kind> kinds(Flux<DeleteResult<String>> run) {
        return run.map(result -> result.outcome().kind()).collectList().block(Small.LIMIT);
    }

    /** The error of a call that made one attempt. */
    private static CallException failedAtOnce(CloseCrmClient client, CloseCrmSandbox sandbox) {
        DeleteResult<ContactId> result = Small.delete(client, Small.first(sandbox));
        CallException error = (CallException) Small.error(result);
        assertThat(error.attempts()).isEqualTo(1);
        assertThat(result.attempts()).isEqualTo(1);
        assertThat(sandbox.ledger().requests()).isEqualTo(1);
        return error;
    }

    /** No item got more than one attempt, and most were not even pulled. */
    private static void assertEndedEarly(
            List<DeleteResult<String>> results, BulkAbortedException aborted, CloseCrmSandbox sandbox) {
        assertThat(results).hasSize((int) aborted.summary().nextIndex()).allSatisfy(result -> {
            assertThat(result.outcome().kind()).isIn(Kind.FAILED, Kind.NOT_ATTEMPTED);
            assertThat(result.attempts()).isLessThanOrEqualTo(1);
        });
        assertThat(sandbox.ledger().requests()).isLessThan(20);
    }
}
