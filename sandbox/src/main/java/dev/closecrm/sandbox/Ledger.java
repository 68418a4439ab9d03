package dev.closecrm.sandbox;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the server was asked and what it really did, contact by contact.
 *
 * <p>A delete is written down in the moment it is done, before its answer is sent, so that the ledger is right even about
 * deletes whose answer was lost. All methods may be called from any thread at any time. Each answers for one moment: two
 * calls may see requests that arrived in between.
 */
public final class Ledger {

    /**
     * What is known of one contact id.
     *
     * @param id the id
     * @param requests how many requests named it, whatever became of them
     * @param deletes how often it was deleted: 0 or 1
     * @param firstRequest when it was first asked for, or null if never
     * @param deletedAt when it was deleted, or null if never
     * @param lastStatus the status of the last answer that was sent in full, if there was one
     */
    public record Entry(
            String id,
            int requests,
            int deletes,
            @Nullable Instant firstRequest,
            @Nullable Instant deletedAt,
            OptionalInt lastStatus) {}

    /** A row of the ledger. Kept small: there may be 100,000 of them. A time or status of 0 means none. */
    private static final class Row {
        private boolean alive;
        private boolean deleted;
        private short lastStatus;
        private int requests;
        private long firstRequestNanos;
        private long deletedNanos;

        Entry entry(String id) {
            return new Entry(
                    id,
                    requests,
                    deleted ? 1 : 0,
                    firstRequestNanos == 0 ? null : ServerClock.instant(firstRequestNanos),
                    deletedNanos == 0 ? null : ServerClock.instant(deletedNanos),
                    lastStatus == 0 ? OptionalInt.empty() : OptionalInt.of(lastStatus));
        }
    }

    // One lock for everything below: rows and totals always agree, and nobody holds it for long.
    private final Object lock = new Object();
    private final LongSupplier clock;
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private final List<String> created = new ArrayList<>();
    private long requests;
    private long deleted;
    private long notFound;
    private long refused429;
    private long faulted;
    private int connections;
    private int peakConnections;
    private long connectionsOpened;
    private int inFlight;
    private int peakInFlight;

    Ledger(LongSupplier clock) {
        this.clock = clock;
    }

    /**
     * What is known of one id.
     *
     * @param id any text
     * @return its entry; for an id that was never created nor asked for, one that says so
     */
    public Entry entry(String id) {
        Objects.requireNonNull(id, "id");
        synchronized (lock) {
            Row row = rows.get(id);
            return (row == null ? new Row() : row).entry(id);
        }
    }

    /**
     * All contacts, and all well-formed ids that were asked for, in the order in which they became known.
     *
     * @return the entries of one moment
     */
    public Stream<Entry> entries() {
        synchronized (lock) {
            List<Entry> copy = new ArrayList<>(rows.size());
            rows.forEach((id, row) -> copy.add(row.entry(id)));
            return copy.stream();
        }
    }

    /**
     * The requests that arrived, of every kind.
     *
     * @return how many
     */
    public long requests() {
        synchronized (lock) {
            return requests;
        }
    }

    /**
     * The contacts that were deleted.
     *
     * @return how many
     */
    public long deleted() {
        synchronized (lock) {
            return deleted;
        }
    }

    /**
     * The deletes that met no contact, because it was deleted before or never was. Wrong paths and the 404s of faults do not
     * count.
     *
     * @return how many
     */
    public long notFound() {
        synchronized (lock) {
            return notFound;
        }
    }

    /**
     * The requests that the rate limit refused. The 429s of faults do not count.
     *
     * @return how many
     */
    public long refused429() {
        synchronized (lock) {
            return refused429;
        }
    }

    /**
     * The requests that were struck by a fault.
     *
     * @return how many
     */
    public long faulted() {
        synchronized (lock) {
            return faulted;
        }
    }

    /**
     * The TCP connections that are open now, however many streams they carry.
     *
     * @return how many
     */
    public int connections() {
        synchronized (lock) {
            return connections;
        }
    }

    /**
     * The most connections that were open at the same time.
     *
     * @return how many
     */
    public int peakConnections() {
        synchronized (lock) {
            return peakConnections;
        }
    }

    /**
     * The connections that were ever opened.
     *
     * @return how many
     */
    public long connectionsOpened() {
        synchronized (lock) {
            return connectionsOpened;
        }
    }

    /**
     * The requests that have arrived and whose answer has not been sent to its end, as long as their connection is open and,
     * over HTTP/2, their stream.
     *
     * @return how many
     */
    public int inFlight() {
        synchronized (lock) {
            return inFlight;
        }
    }

    /**
     * The most requests that were in flight at the same time. Without latency or delays that is 1, however many the client
     * sends: the server has one thread and answers at once.
     *
     * @return how many
     */
    public int peakInFlight() {
        synchronized (lock) {
            return peakInFlight;
        }
    }

    void create(String id) {
        synchronized (lock) {
            Row row = rows.computeIfAbsent(id, any -> new Row());
            row.alive = true;
            created.add(id);
        }
    }

    List<String> created() {
        synchronized (lock) {
            return List.copyOf(created);
        }
    }

    boolean alive(String id) {
        synchronized (lock) {
            Row row = rows.get(id);
            return row != null && row.alive;
        }
    }

    int aliveCount() {
        synchronized (lock) {
            return created.size() - (int) deleted;
        }
    }

    /** Counts a request in. */
    Exchange arrived(@Nullable String id) {
        synchronized (lock) {
            requests++;
            inFlight++;
            peakInFlight = Math.max(peakInFlight, inFlight);
            if (id != null) {
                Row row = rows.computeIfAbsent(id, any -> new Row());
                row.requests++;
                if (row.firstRequestNanos == 0) {
                    row.firstRequestNanos = clock.getAsLong();
                }
            }
        }
        return new Exchange(this, id);
    }

    /** Deletes the contact, if it is there, and says whether it was. */
    boolean delete(String id) {
        synchronized (lock) {
            Row row = rows.get(id);
            if (row == null || !row.alive) {
                notFound++;
                return false;
            }
            row.alive = false;
            row.deleted = true;
            row.deletedNanos = clock.getAsLong();
            deleted++;
            return true;
        }
    }

    void refused() {
        synchronized (lock) {
            refused429++;
        }
    }

    void struck() {
        synchronized (lock) {
            faulted++;
        }
    }

    void answered(@Nullable String id, int status) {
        synchronized (lock) {
            inFlight--;
            if (id != null) {
                rows.computeIfAbsent(id, any -> new Row()).lastStatus = (short) status;
            }
        }
    }

    void ended() {
        synchronized (lock) {
            inFlight--;
        }
    }

    void connected() {
        synchronized (lock) {
            connectionsOpened++;
            connections++;
            peakConnections = Math.max(peakConnections, connections);
        }
    }

    void disconnected() {
        synchronized (lock) {
            connections--;
        }
    }
}
