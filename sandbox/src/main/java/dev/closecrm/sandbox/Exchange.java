package dev.closecrm.sandbox;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One request on its way through the server. It ends once, however it ends. */
final class Exchange {

    private final Ledger ledger;
    private final @Nullable String id;
    private final AtomicBoolean ended = new AtomicBoolean();

    /**
     * Begins an exchange that the ledger has already counted.
     *
     * @param id the contact it is about, or null if it is about none
     */
    Exchange(Ledger ledger, @Nullable String id) {
        this.ledger = ledger;
        this.id = id;
    }

    /** Said just before the last byte leaves: from then on the client may know, and may ask again. */
    void answered(int status) {
        if (ended.compareAndSet(false, true)) {
            ledger.answered(id, status);
        }
    }

    /** Said when there is no answer, or not a whole one. Changes nothing once the exchange was answered. */
    void ended() {
        if (ended.compareAndSet(false, true)) {
            ledger.ended();
        }
    }
}
