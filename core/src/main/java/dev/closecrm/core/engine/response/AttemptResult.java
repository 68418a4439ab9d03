package dev.closecrm.core.engine.response;

import dev.closecrm.core.engine.quota.QuotaReading;
import dev.closecrm.core.error.Delivery;
import dev.closecrm.core.error.ErrorResponse;
import dev.closecrm.core.error.TransportException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one HTTP exchange ended, as a value. Four cases: deleted, not there, refused, and no readable answer. */
public sealed interface AttemptResult {

    /**
     * The service says that it deleted the contact.
     *
     * @param status 200 or 204
     * @param quota what the answer said of the quota, or null if nothing
     */
    record Deleted(int status, @Nullable QuotaReading quota) implements AttemptResult {

        /**
         * By an answer that said nothing of the quota.
         *
         * @param status 200 or 204
         */
        public Deleted(int status) {
            this(status, null);
        }

        @Override
        public Delivery delivery() {
            return Delivery.UNKNOWN;
        }

        @Override
        public Integer statusRead() {
            return status;
        }
    }

    /**
     * The service says, in the form of its API, that there is no such contact.
     *
     * @param response what the answer said
     * @param quota what it said of the quota, or null if nothing
     */
    record NotFound(ErrorResponse response, @Nullable QuotaReading quota) implements AttemptResult {

        /**
         * By an answer that said nothing of the quota.
         *
         * @param response what the answer said
         */
        public NotFound(ErrorResponse response) {
            this(response, null);
        }

        @Override
        public Delivery delivery() {
            return Delivery.NOT_APPLIED;
        }

        @Override
        public Integer statusRead() {
            return response.status();
        }
    }

    /**
     * Any other answer.
     *
     * @param refusal what it means
     * @param response what the answer said
     * @param retryAfter how long it asks to wait, or null if it did not say
     * @param quota what it said of the quota, or null if nothing
     */
    record Refused(
            Refusal refusal,
            ErrorResponse response,
            @Nullable Duration retryAfter,
            @Nullable QuotaReading quota) implements AttemptResult {

        /**
         * By an answer that said nothing of the quota.
         *
         * @param refusal what it means
         * @param response what the answer said
         * @param retryAfter how long it asks to wait, or null if it did not say
         */
        public Refused(Refusal refusal, ErrorResponse response, @Nullable Duration retryAfter) {
            this(refusal, response, retryAfter, null);
        }

        @Override
        public Delivery delivery() {
            return refusal.delivery();
        }

        @Override
        public Integer statusRead() {
            return response.status();
        }
    }

    /**
     * No readable answer.
     *
     * @param phase how far the attempt got
     * @param timedOut whether a time limit ended it
     * @param delivery what it may have done, as the connection saw it
     * @param prospect what asking again promises
     * @param detail what happened, without secrets
     * @param cause the transport's own error, or null
     */
    record Faulted(
            TransportException.Phase phase,
            boolean timedOut,
            Delivery delivery,
            Prospect prospect,
            String detail,
            @Nullable Throwable cause)
            implements AttemptResult {
        @Override
        public @Nullable Integer statusRead() {
            return null;
        }

        @Override
        public @Nullable QuotaReading quota() {
            return null;
        }
    }

    /** What asking again promises after a fault. */
    enum Prospect {
        /** The same would happen again: a certificate that is not trusted, a proxy that wants a password. */
        PERMANENT,
        /** It may pass. */
        TRANSIENT,
        /**
         * It may pass, and says nothing that another attempt has not said: they shared a connection, and lost it together. One of
         * them is TRANSIENT, the others are this.
         */
        COLLATERAL,
        /**
         * The request certainly never reached the service, and the reason is gone with its connection: one that had died in the
         * pool, or that took no more streams.
         */
        UNPROCESSED
    }

    /** What an answer other than success means. */
    enum Refusal {
        /** 400. */
        BAD_REQUEST(Delivery.NOT_APPLIED),
        /** 401. */
        UNAUTHORIZED(Delivery.NOT_APPLIED),
        /** 402. */
        PAYMENT_REQUIRED(Delivery.NOT_APPLIED),
        /** 403. */
        FORBIDDEN(Delivery.NOT_APPLIED),
        /** 405. */
        METHOD_NOT_ALLOWED(Delivery.NOT_APPLIED),
        /** 415. */
        UNSUPPORTED_MEDIA_TYPE(Delivery.NOT_APPLIED),
        /** 429. */
        RATE_LIMITED(Delivery.NOT_APPLIED),
        /** 408 and 5xx: whoever answered may have done so after the contact was deleted. */
        SERVER_ERROR(Delivery.UNKNOWN),
        /** Not an answer of the API, which proves nothing about the contact. */
        UNEXPECTED(Delivery.UNKNOWN);

        private final Delivery delivery;

        Refusal(Delivery delivery) {
            this.delivery = delivery;
        }

        Delivery delivery() {
            return delivery;
        }
    }

    /**
     * What this attempt may have done to the contact.
     *
     * @return never null
     */
    Delivery delivery();

    /**
     * The HTTP status of the answer.
     *
     * @return the status, or null if no answer was read
     */
    @Nullable Integer statusRead();

    /**
     * What the answer said of the quota.
     *
     * @return the reading, or null if it said nothing or no answer was read
     */
    @Nullable QuotaReading quota();
}
