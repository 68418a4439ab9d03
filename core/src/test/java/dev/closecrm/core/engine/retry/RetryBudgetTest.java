package dev.closecrm.core.engine.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    @Test
    void whenNothingSucceedsItIsEmptyAfterThirtyFiveRetries() {
        RetryBudget budget = new RetryBudget(500, 14);
        int retries = 0;
        while (budget.tryTake()) {
            retries++;
        }
        assertThat(retries).isEqualTo(35);
        assertThat(budget.tokens()).isEqualTo(10);
    }

    @Test
    void fourteenSuccessesPayForARetry() {
        RetryBudget budget = new RetryBudget(14, 14);
        assertThat(budget.tryTake()).isTrue();
        for (int i = 0; i < 13; i++) {
            budget.succeeded(false);
        }
        assertThat(budget.tryTake()).isFalse();
        assertThat(budget.tokens()).isEqualTo(13);
        budget.succeeded(false);
        assertThat(budget.tryTake()).isTrue();
    }

    @Test
    void aRetryThatSucceedsCostsNothing() {
        RetryBudget budget = new RetryBudget(100, 14);
        budget.tryTake();
        budget.tryTake();
        budget.succeeded(true);
        assertThat(budget.tokens()).isEqualTo(87);
    }

    @Test
    void itIsNeverMoreThanFull() {
        RetryBudget budget = new RetryBudget(20, 14);
        budget.succeeded(false);
        budget.succeeded(true);
        assertThat(budget.tokens()).isEqualTo(20);
        budget.tryTake();
        budget.succeeded(true);
        assertThat(budget.tokens()).isEqualTo(20);
    }

    @Test
    void anEmptyOneAllowsNoRetries() {
        RetryBudget budget = new RetryBudget(0, 1);
        budget.succeeded(true);
        assertThat(budget.tryTake()).isFalse();
    }

    @Test
    void threadsTogetherTakeNoMoreThanThereIs() throws Exception {
        RetryBudget budget = new RetryBudget(100_000, 1);
        AtomicInteger taken = new AtomicInteger();
        CountDownLatch begin = new CountDownLatch(1);
        var threads = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 4; i++) {
            threads.execute(() -> {
                try {
                    begin.await();
                } catch (InterruptedException e) {
                    return;
                }
                while (budget.tryTake()) {
                    taken.incrementAndGet();
                }
            });
        }
        begin.countDown();
        threads.shutdown();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(taken).hasValue(100_000);
    }
}
