package dev.closecrm.core.engine.retry;

import dev.closecrm.core.Confirmation;
import dev.closecrm.core.ContactId;
import dev.closecrm.core.DeleteOutcome;
import dev.closecrm.core.engine.response.AttemptResult;
import dev.closecrm.core.error.BadRequestException;
import dev.closecrm.core.error.CallException;
import dev.closecrm.core.error.ContactNotFoundException;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.ForbiddenException;
import dev.closecrm.core.error.MethodNotAllowedException;
import dev.closecrm.core.error.PaymentRequiredException;
import dev.closecrm.core.error.RateLimitedException;
import dev.closecrm.core.error.ServerErrorException;
import dev.closecrm.core.error.TransportException;
import dev.closecrm.core.error.UnauthorizedException;
import dev.closecrm.core.error.UnexpectedResponseException;
import dev.closecrm.core.error.UnsupportedMediaTypeException;

/** How a call ends, given its last attempt and what came before. A pure function. */
public final class Verdict {

    private static final DeleteOutcome CONFIRMED = new DeleteOutcome.Deleted(Confirmation.CONFIRMED);
    private static final DeleteOutcome INFERRED = new DeleteOutcome.Deleted(Confirmation.INFERRED);
    private static final DeleteOutcome NOT_FOUND = new DeleteOutcome.NotFound();

    private Verdict() {}

    /**
     * Ends a call.
     *
     * @param id the contact
     * @param last how the last attempt ended
     * @param before what the call knew before that attempt
     * @return the outcome
     */
    public static DeleteOutcome finish(ContactId id, AttemptResult last, CallState before) {
        if (last instanceof AttemptResult.Deleted) {
            return CONFIRMED;
        }
        if (last instanceof AttemptResult.NotFound) {
            // It is not there now. If an earlier attempt may have been acted upon, that attempt may be the reason.
            return before.delivery() == Delivery.UNKNOWN ? INFERRED : NOT_FOUND;
        }
        CallState now = before.after(last);
        if (last instanceof AttemptResult.Refused refused) {
            return new DeleteOutcome.Failed(error(id, refused, now));
        }
        AttemptResult.Faulted fault = (AttemptResult.Faulted) last;
        return new DeleteOutcome.Failed(new TransportException(
                id.value(),
                fault.phase(),
                fault.timedOut(),
                fault.prospect() != AttemptResult.Prospect.PERMANENT,
                fault.detail(),
                fault.cause(),
                now.attempts(),
                now.delivery()));
    }

    /**
     * The error for a caller to whom a missing contact is one.
     *
     * @param id the contact
     * @param answer the answer that said so
     * @param before what the call knew before that answer
     * @return the error
     */
    public static ContactNotFoundException notFound(ContactId id, AttemptResult.NotFound answer, CallState before) {
        CallState now = before.after(answer);
        return new ContactNotFoundException(id.value(), answer.response(), now.attempts(), now.delivery());
    }

    private static CallException error(ContactId contact, AttemptResult.Refused refused, CallState now) {
        String id = contact.value();
        ErrorResponse response = refused.response();
        int attempts = now.attempts();
        Delivery delivery = now.delivery();
        return switch (refused.refusal()) {
            case BAD_REQUEST -> new BadRequestException(id, response, attempts, delivery);
            case UNAUTHORIZED -> new UnauthorizedException(id, response, attempts, delivery);
            case PAYMENT_REQUIRED -> new PaymentRequiredException(id, response, attempts, delivery);
            case FORBIDDEN -> new ForbiddenException(id, response, attempts, delivery);
            case METHOD_NOT_ALLOWED -> new MethodNotAllowedException(id, response, attempts, delivery);
            case UNSUPPORTED_MEDIA_TYPE -> new UnsupportedMediaTypeException(id, response, attempts, delivery);
            case RATE_LIMITED -> new RateLimitedException(id, response, refused.retryAfter(), attempts, delivery);
            case SERVER_ERROR -> new ServerErrorException(id, response, refused.retryAfter(), attempts, delivery);
            case UNEXPECTED -> new UnexpectedResponseException(id, response, attempts, delivery);
        };
    }
}
