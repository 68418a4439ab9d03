package dev.closecrm.reactor.soak;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.DeleteResult;
import dev.closecrm.core.Protocol;
import dev.closecrm.core.error.ApiException;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.CloseCrmException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What was reported of each id, to be held against what the service did. */
final class Audit {

    /** What the id of a contact begins with that never was. */
    static final String MISSING = "cont_missing";

    private static final String CANCELLED = "cancelled";

    private final Protocol protocol;
    private final Map<String, String> reports = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private final AtomicInteger repeated = new AtomicInteger();

    Audit(Protocol protocol) {
        this.protocol = protocol;
    }

    void add(DeleteResult<?> result) {
        if (result.outcome() instanceof DeleteOutcome.Failed failed) {
            CloseCrmException error = failed.error();
            String why = error.code()
                    + (error instanceof TransportException fault ? " " + fault.phase() : "")
                    + (error instanceof ApiException answer ? " " + answer.status() : "");
            failures.computeIfAbsent(why + " after " + result.attempts(), any -> new LongAdder())
                    .increment();
        }
        put(String.valueOf(result.id()), inWords(result.outcome()));
    }

    /** The call was given up; its result may have come in the same moment, and then counts. */
    void cancelled(String id) {
        reports.putIfAbsent(id, CANCELLED);
    }

    /** What disagrees with the service, id by id. */
    List<String> differences(List<String> ids, CloseCrmSandbox sandbox) {
        List<String> differences = new ArrayList<>();
        if (repeated.get() > 0) {
            differences.add(repeated + " ids have two reports");
        }
        for (String id : ids) {
            String report = reports.get(id);
            boolean existed = !id.startsWith(MISSING);
            Ledger.Entry entry = sandbox.ledger().entry(id);
            if (report == null || !fits(report, existed, sandbox.contains(id), entry)) {
                differences.add(id + " reported " + report + ", but " + entry);
            }
        }
        return differences;
    }

    double failedShare() {
        return (double) reports.values().stream()
                        .filter(report -> report.startsWith("failed"))
                        .count()
                / reports.size();
    }

    String report(long seed, int ids, CloseCrmSandbox sandbox, Duration elapsed) {
        Map<String, Integer> counts = new TreeMap<>();
        reports.values().forEach(report -> counts.merge(report, 1, Integer::sum));
        Ledger ledger = sandbox.ledger();
        return String.format(
                Locale.ROOT,
                "%s, seed %d: %d ids, %d requests, %d of them met a fault, %d connections opened, at most %d at once, %.0f s%n"
                        + "  reported: %s%n  failures, and after how many attempts: %s%n  done: %d deleted, %d alive%n  disagreements: %d",
                protocol,
                seed,
                ids,
                ledger.requests(),
                ledger.faulted(),
                ledger.connectionsOpened(),
                ledger.peakConnections(),
                elapsed.toNanos() / 1e9,
                counts,
                new TreeMap<>(failures),
                ledger.deleted(),
                sandbox.contactCount(),
                differences(List.copyOf(reports.keySet()), sandbox).size());
    }

    private void put(String id, String report) {
        String before = reports.put(id, report);
        if (before != null && !before.equals(CANCELLED)) {
            repeated.incrementAndGet();
        }
    }

    private boolean fits(String report, boolean existed, boolean alive, Ledger.Entry entry) {
        boolean deleted = entry.deletes() == 1;
        return switch (report) {
            case "deleted, confirmed" -> deleted && !alive;
            // That nobody else removed it cannot be known; that it is not there now is.
            case "deleted, inferred" -> !alive && deleted == existed;
            case "not found" -> !existed;
            // Or refused, over HTTP/2, by a service that saw it and said that it would not look at it.
            case "failed, not sent" -> !deleted && (entry.requests() == 0 || protocol == Protocol.HTTP_2);
            case "failed, not applied" -> !deleted;
            case "failed, unknown", CANCELLED -> true;
            case "not attempted" -> entry.requests() == 0;
            default -> false;
        };
    }

    private static String inWords(DeleteOutcome outcome) {
        return outcome.fold(
                deleted ->
                        deleted.confirmation() == Confirmation.CONFIRMED ? "deleted, confirmed" : "deleted, inferred",
                notFound -> "not found",
                failed -> "failed, " + inWords(((CallException) failed.error()).delivery()),
                notAttempted -> "not attempted",
                duplicate -> "duplicate");
    }

    private static String inWords(Delivery delivery) {
        return delivery.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
