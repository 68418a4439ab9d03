package dev.closecrm.cli.results;

import dev.closecrm.cli.input.FileTrouble;
import java.io.IOException;
import java.nio.file.Path;

/** What a run writes down cannot be written any more. A run that cannot be accounted for has to stop. */
public final class UnwritableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final IOException trouble;

    UnwritableException(String what, Path file, IOException trouble) {
        super("cannot write " + what + " any more: " + FileTrouble.of(file, trouble), trouble);
        this.trouble = trouble;
    }

    IOException trouble() {
        return trouble;
    }
}
