package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;

/** What a call that got no answer says of it. */
record Unanswered(DeleteResult<?> result, TransportException error) {

    /** As many as the defaults allow. */
    static final int ALL_ATTEMPTS = 4;

    static Unanswered of(DeleteResult<?> result) {
        assertThat(Small.error(result)).isInstanceOf(TransportException.class);
        return new Unanswered(result, (TransportException) Small.error(result));
    }

    Unanswered in(Phase phase) {
        assertThat(error.phase()).as(Watch.inFull(error)).isEqualTo(phase);
        return this;
    }

    Unanswered timedOut(boolean expected) {
        assertThat(error.timedOut()).as(Watch.inFull(error)).isEqualTo(expected);
        return this;
    }

    /** Nothing was sent, at any attempt. */
    Unanswered unsent() {
        return delivered(Delivery.NOT_SENT);
    }

    /** The contact may have been deleted. */
    Unanswered inDoubt() {
        return delivered(Delivery.UNKNOWN);
    }

    private Unanswered delivered(Delivery expected) {
        assertThat(error.delivery()).as(Watch.inFull(error)).isEqualTo(expected);
        return this;
    }

    /** Trying again may help, and was tried as often as the defaults allow. */
    Unanswered passing() {
        return passing(ALL_ATTEMPTS);
    }

    Unanswered passing(int attempts) {
        assertThat(error.retryable()).as(Watch.inFull(error)).isTrue();
        return after(attempts);
    }

    /** Trying again would end the same way, and was not tried. */
    Unanswered lasting() {
        assertThat(error.retryable()).as(Watch.inFull(error)).isFalse();
        return after(1);
    }

    private Unanswered after(int attempts) {
        assertThat(error.attempts()).as(Watch.inFull(error)).isEqualTo(attempts);
        assertThat(result.attempts()).isEqualTo(attempts);
        return this;
    }

    Unanswered saying(String... parts) {
        assertThat(error.getMessage()).as(Watch.inFull(error)).contains(parts);
        return this;
    }
}
