package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.core.error.UnauthorizedException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StopReasonTest {

    private static final BulkSummary SUMMARY = new BulkSummary(0, 0, 1, 0, 0, 1, 1);

    @Test
    void namesTheStatusThatStoppedTheRun() {
        UnauthorizedException refused = new UnauthorizedException(
                "cont_a", new ErrorResponse(401, List.of(), Map.of(), null), 1, Delivery.NOT_APPLIED);

        assertThat(StopReason.line(new BulkAbortedException(Reason.CREDENTIALS_REFUSED, SUMMARY, refused), null))
                .isEqualTo("stopped: the service refused the credentials (401); check the API key or token");
    }

    @Test
    void saysWhatToDoIfNoneOfTheFirstContactsIsFound() {
        assertThat(StopReason.line(new BulkAbortedException(Reason.SUSPICIOUS_NOT_FOUND, SUMMARY, null), null))
                .endsWith("; add --expect-not-found if they may be gone already");
    }

    @Test
    void namesTheLastErrorOfAnOutageInOneClause() {
        TransportException refused = new TransportException(
                "cont_a", Phase.CONNECT, false, true, "Connection refused: /127.0.0.1:1", null, 4, Delivery.NOT_SENT);

        assertThat(StopReason.line(new BulkAbortedException(Reason.OUTAGE, SUMMARY, refused), null))
                .isEqualTo(
                        "stopped: the service was down for too long (CONNECT failed: Connection refused: /127.0.0.1:1);"
                                + " check --base-url, or try again later");
        ServerErrorException busy = new ServerErrorException(
                "cont_a", new ErrorResponse(503, List.of("busy"), Map.of(), null), null, 4, Delivery.UNKNOWN);
        assertThat(StopReason.line(new BulkAbortedException(Reason.OUTAGE, SUMMARY, busy), null))
                .startsWith("stopped: the service was down for too long (503); ");
    }

    @Test
    void namesTheLastErrorOfTooManyFailures() {
        TransportException noTls = new TransportException(
                "cont_a", Phase.TLS, false, false, "not an SSL/TLS record: 4854", null, 1, Delivery.NOT_SENT);

        assertThat(StopReason.line(new BulkAbortedException(Reason.TOO_MANY_FAILED, SUMMARY, noTls), null))
                .isEqualTo("stopped: more than half of the contacts failed (TLS failed: not an SSL/TLS record: 4854)");
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void hasALineForEveryReason(Reason reason) {
        assertThat(StopReason.line(new BulkAbortedException(reason, SUMMARY, null), null))
                .startsWith("stopped: ")
                .doesNotContain("\n", "null");
    }
}
