package dev.closecrm.cli;

/** The command cannot be carried out as given. The message is the one line the user gets to see; it holds no secret. */
final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
