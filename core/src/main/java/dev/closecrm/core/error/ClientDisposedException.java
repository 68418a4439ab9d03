package dev.closecrm.core.error;

/** The client was disposed before the call could be sent. */
public final class ClientDisposedException extends CloseCrmException {

    private static final long serialVersionUID = 1L;

    /** Makes the error. */
    public ClientDisposedException() {
        super(ErrorCode.CLIENT_DISPOSED, "the client is disposed; build a new one (nothing was sent)", null);
    }

    /** Never with this client. */
    @Override
    public boolean retryable() {
        return false;
    }
}
