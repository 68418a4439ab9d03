package dev.closecrm.cli.progress;

import dev.closecrm.reactor.bulk.OutageEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says that the command waits for a service that is down, and when that is over. */
public final class OutageNotice implements Consumer<OutageEvent> {

    private final @Nullable Screen screen;
    private final boolean withBar;
    private final int timeoutSeconds;

    /**
     * Says it on a screen, or nowhere.
     *
     * @param withBar whether there is a bar, which counts down to each next try
     */
    public OutageNotice(@Nullable Screen screen, boolean withBar, int timeoutSeconds) {
        this.screen = screen;
        this.withBar = withBar;
        this.timeoutSeconds = timeoutSeconds;
    }

    @Override
    public void accept(OutageEvent event) {
        if (screen != null && !(withBar && event.kind() == OutageEvent.Kind.STILL_DOWN)) {
            screen.line(line(event));
        }
    }

    private static String why(OutageEvent event) {
        return event.cause() == null ? "" : " (" + LastError.clause(event.cause()) + ")";
    }

    private String line(OutageEvent event) {
        return switch (event.kind()) {
            case BEGAN ->
                "the service does not answer" + why(event) + "; waiting for it, for at most " + timeoutSeconds
                        + " s (Ctrl-C ends the run)";
            case STILL_DOWN ->
                "no answer yet" + why(event) + "; next try in "
                        + event.nextProbeIn().toSeconds() + " s";
            case ENDED -> "the service answers again; going on";
            case GIVEN_UP -> "the service did not answer for " + timeoutSeconds + " s; giving up";
        };
    }
}
