package dev.closecrm.reactor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.TransportException.Phase;
import dev.closecrm.reactor.CloseCrmClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;

/** What a call that got no answer said about it. */
record Fault(TransportException error) {

    static final Duration LIMIT = Duration.ofSeconds(20);
    static final ContactId ID = ContactId.of("cont_1");

    static DeleteResult<ContactId> delete(CloseCrmClient client) {
        return client.tryDeleteContact(ID).block(LIMIT);
    }

    static Fault of(CloseCrmClient client) {
        DeleteOutcome outcome = delete(client).outcome();
        assertThat(outcome).isInstanceOf(DeleteOutcome.Failed.class);
        assertThat(((DeleteOutcome.Failed) outcome).error()).isInstanceOf(TransportException.class);
        return new Fault((TransportException) ((DeleteOutcome.Failed) outcome).error());
    }

    /** The phase it failed in, with nothing sent. */
    Fault unsentIn(Phase phase) {
        assertThat(error.phase()).as(trace()).isEqualTo(phase);
        assertThat(error.delivery()).as(trace()).isEqualTo(Delivery.NOT_SENT);
        return this;
    }

    Fault timedOut(boolean expected) {
        assertThat(error.timedOut()).as(trace()).isEqualTo(expected);
        return this;
    }

    /** Trying again may help. */
    Fault passing() {
        assertThat(error.retryable()).as(trace()).isTrue();
        return this;
    }

    /** Trying again would end the same way. */
    Fault lasting() {
        assertThat(error.retryable()).as(trace()).isFalse();
        return this;
    }

    Fault saying(String... parts) {
        assertThat(error.getMessage()).as(trace()).contains(parts);
        return this;
    }

    /** Everything the error can tell anybody, its causes included. */
    String trace() {
        StringWriter trace = new StringWriter();
        error.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }
}
