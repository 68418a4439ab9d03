package dev.closecrm.cli;

import java.io.InputStream;
import java.util.Map;

/**
 * What the command finds around it, so that a test can put something else there.
 *
 * @param environment the environment variables
 * @param in the standard input
 * @param terminal who answers questions
 */
record Surroundings(Map<String, String> environment, InputStream in, Terminal terminal) {

    /** Copies the variables. */
    Surroundings {
        environment = Map.copyOf(environment);
    }

    static Surroundings ofProcess() {
        return new Surroundings(System.getenv(), System.in, new ConsoleTerminal());
    }
}
