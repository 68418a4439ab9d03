package dev.closecrm.reactor;

import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.error.CloseCrmException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;
import reactor.core.Disposable;

/** What a call that was begun has ended with, if it has. */
final class Ending {

    final List<Ended> ends = new ArrayList<>();
    final List<Throwable> errors = new ArrayList<>();
    Disposable subscription;

    boolean over() {
        return !ends.isEmpty();
    }

    Ended ended() {
        Assertions.assertThat(errors).isEmpty();
        Assertions.assertThat(ends).hasSize(1);
        return ends.get(0);
    }

    DeleteOutcome outcome() {
        return ended().outcome();
    }

    CloseCrmException error() {
        return ((DeleteOutcome.Failed) outcome()).error();
    }
}
