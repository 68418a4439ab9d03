package dev.closecrm.cli;

import dev.closecrm.reactor.bulk.OutageEvent;
import java.io.PrintWriter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says on standard error that the command waits for a service that is down, and when that is over. */
final class OutageNotice implements Consumer<OutageEvent> {

    private final @Nullable PrintWriter err;
    private final int timeoutSeconds;

    OutageNotice(@Nullable PrintWriter err, int timeoutSeconds) {
        this.err = err;
        this.timeoutSeconds = timeoutSeconds;
    }

    @Override
    public void accept(OutageEvent event) {
        if (err != null) {
            err.println(line(event));
            err.flush();
        }
    }

    private String line(OutageEvent event) {
        return switch (event.kind()) {
            case BEGAN ->
                "the service does not answer; waiting for it, for at most " + timeoutSeconds
                        + " s (Ctrl-C ends the run)";
            case STILL_DOWN ->
                "no answer yet; next try in " + event.nextProbeIn().toSeconds() + " s";
            case ENDED -> "the service answers again; going on";
            case GIVEN_UP -> "the service did not answer for " + timeoutSeconds + " s; giving up";
        };
    }
}
