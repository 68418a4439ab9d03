package dev.closecrm.cli.input;

/** The command cannot be carried out as given. The message is the one line the user gets to see; it holds no secret. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
