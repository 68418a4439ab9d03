package dev.closecrm.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ApiKeys;
import dev.closecrm.core.Confirmation;
import dev.closecrm.core.Credentials;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CallTimeoutException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.UnauthorizedException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a call makes of the answers to several keys, in virtual time. */
class SeveralKeysTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final ApiKeys TWO = Credentials.keys("one", "two");
    /** So slow that a call waits between two requests. */
    private static final QuotaOptions SLOW = QuotaOptions.fixed(0.1);

    private VirtualCalls calls;

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(calls.gate.inFlight()).isZero();
        assertThat(calls.gate.waiting()).isZero();
        assertThat(calls.gate.resting()).isZero();
    }

    @Test
    void whatOneKeyDoesNotKnowAnotherIsAsked() {
        calls = VirtualCalls.withKeys(TWO, QuotaOptions.none(), "404", "ok");
        assertThat(calls.begin("cont_a").outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        assertThat(usedKeys()).hasSize(2).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({"404, NOT_APPLIED", "fault, UNKNOWN"})
    void whoIsClosedBeforeAnotherKeyIsAskedHasNotFoundOutThatSomethingIsNotThere(String first, Delivery delivery) {
        calls = first.equals("fault")
                ? VirtualCalls.withKeys(TWO, SLOW, "fault", "404", "ok")
                : VirtualCalls.withKeys(TWO, SLOW, "404", "ok");
        Ending ending = calls.begin("cont_a");
        if (first.equals("fault")) {
            calls.time.advanceTimeBy(Duration.ofSeconds(11));
        }
        assertThat(ending.over()).isFalse();
        calls.gate.close();
        assertUndecided(ending, delivery);
    }

    @Test
    void whoRunsOutOfTimeBeforeAnotherKeyIsAskedHasNotEither() {
        calls = VirtualCalls.withKeys(TWO, QuotaOptions.fixed(0.001), "404", "ok");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(Duration.ofSeconds(90));
        assertThat(ending.error())
                .isInstanceOfSatisfying(
                        CallTimeoutException.class,
                        error -> assertThat(error.phase()).isEqualTo(CallTimeoutException.Phase.QUOTA));
    }

    @Test
    void whoWaitsForTheOtherKeyWhenTheServiceGoesDownAsksThatKeyAfterwards() {
        calls = VirtualCalls.withKeys(TWO, QuotaOptions.none(), "404", "fault", "ok");
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(SECOND);
        assertThat(ending.outcome()).isEqualTo(new DeleteOutcome.Deleted(Confirmation.CONFIRMED));
        List<String> used = usedKeys();
        assertThat(used.get(2)).isEqualTo(used.get(1)).isNotEqualTo(used.get(0));
    }

    @Test
    void whatARetryHasTakenIsGivenBackOnce() {
        calls = VirtualCalls.withKeys(TWO, QuotaOptions.none(), "fault", "404", "ok");
        for (int i = 0; i < 5; i++) {
            calls.budget.tryTake();
        }
        int before = calls.budget.tokens();
        Ending ending = calls.begin("cont_a");
        calls.time.advanceTimeBy(SECOND);
        assertThat(ending.outcome()).isInstanceOf(DeleteOutcome.Deleted.class);
        // One for each of the two answers.
        assertThat(calls.budget.tokens()).isEqualTo(before + 2);
    }

    @Test
    void whereTheKeyThatKnewIsRefusedTheOtherIsNotBelieved() {
        // The first key deletes. The second knows nothing of the next contact; the first is asked, and refused.
        calls = VirtualCalls.withKeys(TWO, QuotaOptions.none(), "ok", "404", "401", "404");
        assertThat(calls.begin("cont_a").outcome()).isInstanceOf(DeleteOutcome.Deleted.class);
        assertThat(calls.begin("cont_b").error()).isInstanceOfSatisfying(UnauthorizedException.class, error -> {
            assertThat(error.attempts()).isEqualTo(3);
            assertThat(error.delivery()).isEqualTo(Delivery.NOT_APPLIED);
        });
        List<String> used = usedKeys();
        assertThat(used.get(2)).isEqualTo(used.get(0)).isNotEqualTo(used.get(1));
        assertThat(used.get(3)).isEqualTo(used.get(1));
    }

    private List<String> usedKeys() {
        return calls.sent.stream().map(VirtualCalls.Sent::authorization).toList();
    }

    private static void assertUndecided(Ending ending, Delivery delivery) {
        CloseCrmException error = ending.error();
        assertThat(error).isInstanceOf(TransportException.class).hasMessageContaining("another key");
        assertThat(((CallException) error).delivery()).isEqualTo(delivery);
    }
}
