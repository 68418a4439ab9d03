package dev.closecrm.cli;

/** Where a person can be asked. */
interface Terminal {

    /** Whether there is a person to ask at all. */
    boolean interactive();

    /** Asks, and waits for the answer. Anything but a clear yes is a no. */
    boolean confirms(String question);
}
