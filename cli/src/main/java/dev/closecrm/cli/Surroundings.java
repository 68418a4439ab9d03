package dev.closecrm.cli;

import java.io.InputStream;
import java.util.Map;

/**
 * What the command finds around it, so that a test can put something else there.
 *
 * @param environment the environment variables
 * @param in the standard input
 * @param terminal who answers questions
 * @param logged what libraries have to say
 */
record Surroundings(Map<String, String> environment, InputStream in, Terminal terminal, LogLines logged) {

    /** Copies the variables. */
    Surroundings {
        environment = Map.copyOf(environment);
    }

    static Surroundings ofProcess(LogLines logged) {
        return new Surroundings(System.getenv(), System.in, new ConsoleTerminal(), logged);
    }
}
