package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkAbortedException.Reason;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
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

    @ParameterizedTest
    @EnumSource(Reason.class)
    void hasALineForEveryReason(Reason reason) {
        assertThat(StopReason.line(new BulkAbortedException(reason, SUMMARY, null), null))
                .startsWith("stopped: ")
                .doesNotContain("\n", "null");
    }
}
