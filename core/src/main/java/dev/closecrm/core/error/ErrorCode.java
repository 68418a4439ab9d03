package dev.closecrm.core.error;

/** The kinds of error, one for each leaf of {@link CloseCrmException}. */
public enum ErrorCode {
    /** {@link InvalidContactIdException}. */
    INVALID_CONTACT_ID,
    /** {@link BadRequestException}. */
    BAD_REQUEST,
    /** {@link UnauthorizedException}. */
    UNAUTHORIZED,
    /** {@link PaymentRequiredException}. */
    PAYMENT_REQUIRED,
    /** {@link ForbiddenException}. */
    FORBIDDEN,
    /** {@link ContactNotFoundException}. */
    NOT_FOUND,
    /** {@link MethodNotAllowedException}. */
    METHOD_NOT_ALLOWED,
    /** {@link UnsupportedMediaTypeException}. */
    UNSUPPORTED_MEDIA_TYPE,
    /** {@link RateLimitedException}. */
    RATE_LIMITED,
    /** {@link ServerErrorException}. */
    SERVER_ERROR,
    /** {@link UnexpectedResponseException}. */
    UNEXPECTED_RESPONSE,
    /** {@link TransportException}. */
    TRANSPORT,
    /** {@link CallTimeoutException}. */
    CALL_TIMEOUT,
    /** {@link TokenRefreshException}. */
    TOKEN_REFRESH,
    /** {@link ClientDisposedException}. */
    CLIENT_DISPOSED,
    /** {@link BulkAbortedException}. */
    BULK_ABORTED
}
