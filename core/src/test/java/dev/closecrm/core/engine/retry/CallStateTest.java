package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.engine.response.AttemptResult.Prospect;
import dev.closecrm.core.engine.response.AttemptResult.Refusal;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.TransportException.Phase;
import org.junit.jupiter.api.Test;

class CallStateTest {

    private static final AttemptResult LOST = fault(Prospect.TRANSIENT, Delivery.UNKNOWN);
    private static final AttemptResult UNSEEN = fault(Prospect.UNPROCESSED, Delivery.NOT_SENT);
    private static final AttemptResult BUSY =
            new AttemptResult.Refused(Refusal.RATE_LIMITED, ErrorResponse.of(429), null);
    private static final AttemptResult WHO =
            new AttemptResult.Refused(Refusal.UNAUTHORIZED, ErrorResponse.of(401), null);

    @Test
    void aLostAnswerIsChargedAndLeavesDoubt() {
        assertThat(CallState.NEW.after(LOST)).isEqualTo(new CallState(1, 1, 0, 0, false, Delivery.UNKNOWN));
    }

    @Test
    void aRefusalIsCountedAndNotCharged() {
        assertThat(CallState.NEW.after(BUSY).after(BUSY))
                .isEqualTo(new CallState(2, 0, 2, 0, false, Delivery.NOT_APPLIED));
    }

    @Test
    void theFirstThatWasNotProcessedIsFreeAndTheOthersAreNot() {
        assertThat(CallState.NEW.after(UNSEEN)).isEqualTo(new CallState(1, 0, 0, 1, false, Delivery.NOT_SENT));
        assertThat(CallState.NEW.after(UNSEEN).after(UNSEEN).after(UNSEEN))
                .isEqualTo(new CallState(3, 2, 0, 3, false, Delivery.NOT_SENT));
    }

    @Test
    void aProbeChargesNothingAndForgetsNothing() {
        CallState before = new CallState(3, 2, 1, 0, true, Delivery.NOT_APPLIED);
        assertThat(before.afterProbe(LOST)).isEqualTo(new CallState(4, 2, 1, 0, true, Delivery.UNKNOWN));
        assertThat(before.afterProbe(BUSY)).isEqualTo(new CallState(4, 2, 1, 0, true, Delivery.NOT_APPLIED));
        assertThat(before.afterProbe(UNSEEN)).isEqualTo(new CallState(4, 2, 1, 1, true, Delivery.NOT_APPLIED));
    }

    @Test
    void theAttemptWithOutdatedCredentialsIsNotCharged() {
        assertThat(CallState.NEW.after(LOST).after(WHO).withRenewal())
                .isEqualTo(new CallState(2, 1, 0, 0, true, Delivery.UNKNOWN));
        assertThat(CallState.NEW.after(WHO).withRenewal().after(LOST))
                .isEqualTo(new CallState(2, 1, 0, 0, true, Delivery.UNKNOWN));
    }

    @Test
    void anAttemptThatWasNotChargedIsNotGivenBack() {
        assertThat(CallState.NEW.afterProbe(WHO).withRenewal().charged()).isZero();
    }

    private static AttemptResult fault(Prospect prospect, Delivery delivery) {
        return new AttemptResult.Faulted(Phase.EXCHANGE, false, delivery, prospect, "cut", null);
    }
}
