package dev.closecrm.cli.input;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Hands out the ids of one source, one at a time. */
interface IdReader extends AutoCloseable {

    /** The next id, or null at the end. */
    @Nullable String next();

    /** The line of the source in which the id stood that was handed out last, counted from 1. */
    long line();

    @Override
    void close() throws IOException;
}
