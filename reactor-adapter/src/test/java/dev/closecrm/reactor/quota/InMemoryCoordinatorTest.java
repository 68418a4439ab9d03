package dev.closecrm.reactor.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.closecrm.core.Credentials;
import dev.closecrm.core.QuotaOptions;
import dev.closecrm.reactor.quota.QuotaReport.End;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** One ledger for all who ask, and none for those who do not ask any more. */
class InMemoryCoordinatorTest {

    private static final QuotaAccount ONE = QuotaAccount.of(Credentials.apiKey("one"));
    private static final QuotaAccount OTHER = QuotaAccount.of(Credentials.apiKey("other"));
    private static final QuotaDemand TEN = new QuotaDemand(10, true);

    private final AtomicLong now = new AtomicLong();
    private final InMemoryCoordinator coordinator = new InMemoryCoordinator(QuotaOptions.greedy(), now::get, () -> 0);

    @Test
    void oneGoesFirstAndTheOthersAskAgainSoon() {
        assertThat(lease(ONE, TEN).permits()).isEqualTo(1);
        QuotaLease second = lease(ONE, TEN);
        assertThat(second.permits()).isZero();
        assertThat(second.again()).isEqualTo(Duration.ofMillis(10));
        assertThat(lease(OTHER, TEN).permits()).isEqualTo(1);
    }

    @Test
    void whoeverAsksGetsOfWhatIsLeftAndNoMore() {
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 100, 15);
        QuotaLease first = lease(ONE, TEN);
        QuotaLease second = lease(ONE, TEN);
        assertThat(first.permits()).isEqualTo(10);
        assertThat(second.permits()).isEqualTo(3);
        assertThat(second.firstPermit()).isEqualTo(first.firstPermit() + 10);
        assertThat(lease(ONE, TEN).permits()).isZero();
    }

    @Test
    void whatWasNotUsedIsGrantedAgain() {
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 100, 10);
        QuotaLease all = lease(ONE, TEN);
        for (int i = 0; i < 4; i++) {
            report(ONE, all.firstPermit() + i, End.UNUSED, 0, 0);
        }
        // The last two wait for the six that are still out.
        assertThat(lease(ONE, TEN).permits()).isEqualTo(2);
    }

    @Test
    void aReportThatComesTwiceOrOfNobodyChangesNothing() {
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 100, 10);
        QuotaLease all = lease(ONE, TEN);
        for (int i = 0; i < 8; i++) {
            report(ONE, all.firstPermit() + i / 2, End.UNUSED, 0, 0);
        }
        report(ONE, 12_345, End.UNUSED, 0, 0);
        report(OTHER, all.firstPermit() + 5, End.UNUSED, 0, 0);
        assertThat(lease(ONE, TEN).permits()).isEqualTo(2);
    }

    @Test
    void theLastFewWaitUntilNothingIsUnderWay() {
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 100, 10);
        QuotaLease most = lease(ONE, new QuotaDemand(8, true));
        assertThat(lease(ONE, TEN)).isEqualTo(QuotaLease.later(Duration.ofMillis(10)));
        for (int i = 0; i < 8; i++) {
            report(ONE, most.firstPermit() + i, End.ANSWERED, 100, 9 - i);
        }
        assertThat(lease(ONE, TEN).permits()).isEqualTo(2);
    }

    @Test
    void whoEndedWithoutAReportDoesNotHoldTheQuotaForEver() {
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 12, 11);
        assertThat(lease(ONE, TEN).permits()).isEqualTo(10);
        pass(Duration.ofSeconds(30));
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 12, 11);
        assertThat(lease(ONE, TEN).permits()).isLessThan(10);
        pass(Duration.ofMinutes(2));
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 12, 11);
        pass(Duration.ofMinutes(2));
        report(ONE, lease(ONE, TEN).firstPermit(), End.ANSWERED, 12, 11);
        assertThat(lease(ONE, TEN).permits()).isEqualTo(10);
    }

    @Test
    void accountsThatAreNotUsedDoNotAccumulate() {
        for (int i = 0; i < 1_000; i++) {
            lease(QuotaAccount.of(Credentials.apiKey("key" + i)), TEN);
        }
        assertThat(coordinator.accounts()).isEqualTo(1_000);
        pass(InMemoryCoordinator.FORGOTTEN_AFTER.plusSeconds(1));
        lease(ONE, TEN);
        assertThat(coordinator.accounts()).isEqualTo(1);
    }

    @Test
    void anAccountDoesNotShowItsKeyAndIsTheSameEverywhere() {
        QuotaAccount account = QuotaAccount.of(Credentials.apiKey("api_secret"));
        assertThat(account.toString()).doesNotContain("api_secret");
        assertThat(account).isEqualTo(QuotaAccount.of(Credentials.apiKey("api_secret")));
        assertThat(account).isNotEqualTo(QuotaAccount.of(Credentials.accessToken("api_secret")));
        // printf 'Basic YXBpX3NlY3JldDo=' | sha256sum | cut -c1-32
        assertThat(account.id()).isEqualTo("55d21bee7e4883cb65cedba48ec1fa27");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new QuotaAccount("api_secret"))
                .withMessageNotContaining("api_secret");
    }

    private QuotaLease lease(QuotaAccount account, QuotaDemand demand) {
        return coordinator.lease(account, demand).block();
    }

    private void report(QuotaAccount account, long permit, End end, int limit, int remaining) {
        QuotaReport.Limit said = end == End.ANSWERED
                ? new QuotaReport.Limit(
                        limit, remaining, Duration.ofSeconds(5), true, Duration.ofSeconds(5), QuotaReport.Owner.KEY)
                : null;
        pass(Duration.ofMillis(1));
        coordinator
                .report(account, new QuotaReport(permit, end, said, null, Duration.ZERO))
                .block();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
