package dev.closecrm.cli;

import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.RateLimit;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** The stand-in for the service that runs inside this process. The only class here that knows the sandbox. */
final class EmbeddedSandbox implements AutoCloseable {

    private final CloseCrmSandbox sandbox;

    private EmbeddedSandbox(CloseCrmSandbox sandbox) {
        this.sandbox = sandbox;
    }

    /** Starts one on a free port. */
    static EmbeddedSandbox start(int contacts) {
        return new EmbeddedSandbox(CloseCrmSandbox.start(contacts));
    }

    /** Starts one on the given port, or a free one for 0. */
    static EmbeddedSandbox start(int port, int contacts) {
        return new EmbeddedSandbox(
                CloseCrmSandbox.builder().port(port).contacts(contacts).start());
    }

    /** Starts one that answers 429 to more requests of a key than the limit allows in a window. */
    static EmbeddedSandbox start(int port, int contacts, int limit, Duration window) {
        return new EmbeddedSandbox(CloseCrmSandbox.builder()
                .port(port)
                .contacts(contacts)
                .rateLimit(RateLimit.perKey(limit, window))
                .start());
    }

    URI baseUrl() {
        return sandbox.baseUrl();
    }

    String apiKey() {
        return sandbox.apiKey();
    }

    List<String> contactIds() {
        return sandbox.contactIds();
    }

    @Override
    public void close() {
        sandbox.close();
    }
}
