package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.closecrm.cli.input.Input;
import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.progress.FailureLog;
import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.BulkAbortedException;
import dev.closecrm.core.error.BulkSummary;
import dev.closecrm.reactor.CloseCrmClient;
import dev.closecrm.reactor.bulk.BulkOptions;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A run whose end is already there when its first result is taken. */
class DeleteRunTest {

    private static final List<String> IDS = List.of("cont_a", "cont_b", "cont_c", "cont_d");

    private final Summary summary = new Summary();

    @Test
    void takesEveryResultBeforeTheErrorThatStoppedTheRun() {
        BulkAbortedException stop = new BulkAbortedException(
                BulkAbortedException.Reason.CREDENTIALS_REFUSED, new BulkSummary(3, 0, 0, 0, 0, 3, 3), null);

        assertThat(run(stop).run()).isSameAs(stop);

        assertThat(summary.count(DeleteOutcome.Kind.DELETED)).isEqualTo(3);
        assertThat(summary.count(DeleteOutcome.Kind.NOT_ATTEMPTED)).isEqualTo(1);
    }

    @Test
    void takesEveryResultBeforeAnErrorNobodyExpected() {
        assertThatThrownBy(() -> run(new IllegalStateException("broken")).run()).hasMessage("broken");

        assertThat(summary.count(DeleteOutcome.Kind.DELETED)).isEqualTo(3);
        assertThat(summary.count(DeleteOutcome.Kind.NOT_ATTEMPTED)).isEqualTo(1);
    }

    private DeleteRun run(RuntimeException end) {
        Flux<DeleteResult<Input>> results = Flux.range(0, 3).map(DeleteRunTest::deleted);
        CloseCrmClient client = (CloseCrmClient) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {CloseCrmClient.class},
                (proxy, method, arguments) -> results.concatWith(Flux.error(end)));
        return new DeleteRun(
                client,
                Inputs.of(IDS),
                IDS.size(),
                BulkOptions.<Input>builder().concurrency(64).build(),
                summary,
                new FailureLog(null),
                null,
                null);
    }

    private static DeleteResult<Input> deleted(int index) {
        String id = IDS.get(index);
        return new DeleteResult<>(
                index,
                new Input(index, id),
                ContactId.of(id),
                new DeleteOutcome.Deleted(Confirmation.CONFIRMED),
                200,
                1,
                Duration.ofMillis(1));
    }
}
