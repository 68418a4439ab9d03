package dev.closecrm.cli;

/** Where a person sits, if there is one. */
interface Terminal {

    /** Whether there is a person to ask at all. */
    boolean interactive();

    /** Asks, and waits for the answer. Anything but a clear yes is a no. */
    boolean confirms(String question);

    /** Whether what goes to the standard error is seen on a terminal, where it can be drawn over. */
    boolean shows();

    /** Whether what goes to the standard output is seen on a terminal. */
    boolean showsOutput();

    /** How many columns that terminal has. */
    int columns();
}
