package dev.closecrm.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.reactor.bulk.OutageEvent;
import dev.closecrm.reactor.bulk.OutageEvent.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutageNoticeTest {

    private static final CloseCrmException REFUSED = new TransportException(
            "cont_a",
            TransportException.Phase.CONNECT,
            false,
            true,
            "Connection refused: /127.0.0.1:1",
            null,
            3,
            Delivery.NOT_SENT);

    private final StringWriter out = new StringWriter();
    private final OutageNotice notice = new OutageNotice(new Screen(new PrintWriter(out, true), () -> 80), false, 300);

    @Test
    void saysWhyTheServiceDoesNotAnswer() {
        notice.accept(new OutageEvent(Kind.BEGAN, Duration.ofSeconds(1), REFUSED));
        notice.accept(new OutageEvent(
                Kind.STILL_DOWN,
                Duration.ofSeconds(2),
                new ServerErrorException("cont_a", ErrorResponse.of(503), null, 1, Delivery.UNKNOWN)));
        notice.accept(new OutageEvent(Kind.ENDED, Duration.ZERO, null));
        assertThat(out.toString().lines())
                .containsExactly(
                        "the service does not answer (CONNECT failed: Connection refused: /127.0.0.1:1); waiting for it, for at"
                                + " most 300 s (Ctrl-C ends the run)",
                        "no answer yet (503); next try in 2 s",
                        "the service answers again; going on");
    }
}
