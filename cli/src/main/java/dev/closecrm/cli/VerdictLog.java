package dev.closecrm.cli;

import dev.closecrm.cli.input.FileTrouble;
import dev.closecrm.cli.input.UsageException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * The sandbox's log: a CSV line for each request, with milliseconds since 1970, the key's number from 1, and what the rate
 * limit said. Lines are collected and written some thousands at a time, so that the server waits for no disk.
 */
final class VerdictLog implements AutoCloseable {

    private static final int BUFFERED_CHARS = 1 << 16;

    private final BufferedWriter out;
    private boolean closed;

    private VerdictLog(BufferedWriter out) {
        this.out = out;
    }

    static VerdictLog replace(Path file) {
        try {
            BufferedWriter out =
                    new BufferedWriter(Files.newBufferedWriter(file, StandardCharsets.US_ASCII), BUFFERED_CHARS);
            out.write("epoch_ms,key,verdict\n");
            return new VerdictLog(out);
        } catch (IOException e) {
            throw new UsageException("cannot write the log: " + FileTrouble.of(file, e));
        }
    }

    synchronized void add(Instant at, int key, boolean granted) {
        if (closed) {
            return;
        }
        try {
            out.write(at.toEpochMilli() + "," + key + (granted ? ",granted\n" : ",refused\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what is left. May be called twice: by the end and by an interruption. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
