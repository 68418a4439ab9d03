package dev.closecrm.sandbox;

import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong with one request, over HTTP/1.1 or HTTP/2. Immutable; two faults that print alike are equal.
 *
 * <p>A fault either changes how the normal answer arrives, and then the delete is done as without it, or it takes the
 * answer's place, and then each factory says whether the delete is done. {@link #afterDelete()} gives the variant of any
 * fault in which the delete is done at once.
 *
 * <p>Over HTTP/2, a fault that resets concerns the stream of its request only; one that closes ends the connection with all
 * of its streams.
 */
public final class Fault {

    /** When the delete is done, if at all. */
    enum Deleting {
        NEVER,
        AT_ONCE,
        AFTER_DELAY
    }

    private static final Duration BETWEEN_INTERIM_ANSWERS = Duration.ofMillis(10);

    static final Fault NONE = new Fault("none()", Deleting.AFTER_DELAY, Duration.ZERO, null, Shape.PLAIN);

    private final String text;
    private final Deleting deleting;
    private final Duration delay;
    private final @Nullable Answer answer;
    private final boolean sparesRefusals;
    private final Shape shape;

    private Fault(String text, Deleting deleting, Duration delay, @Nullable Answer answer, Shape shape) {
        this(text, deleting, delay, answer, false, shape);
    }

    private Fault(
            String text,
            Deleting deleting,
            Duration delay,
            @Nullable Answer answer,
            boolean sparesRefusals,
            Shape shape) {
        this.text = text;
        this.deleting = deleting;
        this.delay = delay;
        this.answer = answer;
        this.sparesRefusals = sparesRefusals;
        this.shape = shape;
    }

    /**
     * Answers with this status and {@code {"error": "..."}}, or no body if the status allows none. The delete is not done.
     *
     * @param status from 200 to 599
     * @return the fault
     */
    public static Fault status(int status) {
        checkStatus(status);
        boolean bodiless = status == 204 || status == 205 || status == 304;
        Answer answer = bodiless ? Answer.of(status, "") : Answer.error(status, "A fault, as scripted.");
        return new Fault("status(" + status + ")", Deleting.NEVER, Duration.ZERO, answer, Shape.PLAIN);
    }

    /**
     * Answers with this status and body. The delete is not done.
     *
     * @param status from 200 to 599
     * @param body sent as JSON if it begins with a brace or a bracket, else as plain text
     * @return the fault
     */
    public static Fault status(int status, String body) {
        checkStatus(status);
        Objects.requireNonNull(body, "body");
        return new Fault(
                "status(" + status + ", " + body + ")",
                Deleting.NEVER,
                Duration.ZERO,
                Answer.of(status, body),
                Shape.PLAIN);
    }

    /**
     * Answers with an HTML page, as a proxy in between would. The delete is not done.
     *
     * @param status from 200 to 599
     * @return the fault
     */
    public static Fault html(int status) {
        checkStatus(status);
        return new Fault("html(" + status + ")", Deleting.NEVER, Duration.ZERO, Answer.html(status), Shape.PLAIN);
    }

    /**
     * Answers 200 with a long body that is not JSON. The delete is not done.
     *
     * @param bytes the length of the body, at least 1
     * @return the fault
     */
    public static Fault oversizedBody(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("the body must have at least 1 byte, but is to have " + bytes);
        }
        Answer answer = Answer.of(200, "replaced");
        return new Fault("oversizedBody(" + bytes + ")", Deleting.NEVER, Duration.ZERO, answer, Shape.oversized(bytes));
    }

    /**
     * Does everything as usual, but later. If the client hangs up in the meantime the delete is not done;
     * {@code delay(…).afterDelete()} does the delete first and delays the answer.
     *
     * @param delay more than zero
     * @return the fault
     */
    public static Fault delay(Duration delay) {
        checkPositive(delay, "delay");
        return new Fault("delay(" + delay + ")", Deleting.AFTER_DELAY, delay, null, Shape.PLAIN);
    }

    /**
     * Deletes, and says so with 204 and no body in place of 200. A contact that is not there is still a 404.
     *
     * @return the fault
     */
    public static Fault noContent() {
        return new Fault("noContent()", Deleting.AFTER_DELAY, Duration.ZERO, Answer.of(204, ""), true, Shape.PLAIN);
    }

    /**
     * Gives the normal answer with {@code Transfer-Encoding: chunked} in place of a {@code Content-Length}; over HTTP/2, which
     * has no such thing, as it is. The delete is done.
     *
     * @return the fault
     */
    public static Fault chunked() {
        return shaped("chunked()", Deleting.AFTER_DELAY, Shape.CHUNKED);
    }

    /**
     * Resets the connection (RST), or over HTTP/2 the stream (RST_STREAM with INTERNAL_ERROR), in place of an answer. The
     * delete is not done.
     *
     * @return the fault
     */
    public static Fault resetBefore() {
        return shaped("resetBefore()", Deleting.NEVER, Shape.RESET);
    }

    /**
     * Does the delete, then resets the connection (RST), or over HTTP/2 the stream (RST_STREAM with INTERNAL_ERROR), in place
     * of an answer.
     *
     * @return the fault
     */
    public static Fault resetAfter() {
        return shaped("resetAfter()", Deleting.AT_ONCE, Shape.RESET);
    }

    /**
     * Closes the connection (FIN) in place of an answer. The delete is not done.
     *
     * @return the fault
     */
    public static Fault closeBefore() {
        return shaped("closeBefore()", Deleting.NEVER, Shape.CLOSED);
    }

    /**
     * Does the delete, then closes the connection (FIN) in place of an answer.
     *
     * @return the fault
     */
    public static Fault closeAfter() {
        return shaped("closeAfter()", Deleting.AT_ONCE, Shape.CLOSED);
    }

    /**
     * Refuses the stream (RST_STREAM with REFUSED_STREAM), which promises that nothing was done and that the request may be
     * sent again. The delete is not done, unless made to with {@link #afterDelete()}, which breaks the promise. Over HTTP/1.1
     * the same as {@link #closeBefore()}.
     *
     * @return the fault
     */
    public static Fault refusedStream() {
        return shaped("refusedStream()", Deleting.NEVER, Shape.REFUSED);
    }

    /**
     * Sends a GOAWAY whose last stream is the one before this request's, which promises that nothing was done for this one and
     * those after it. Streams before it still get their answers; then the connection is closed. The delete is not done. Is not
     * held back by the latency, so that no later stream is under way; with {@link #delayed} there may be some, and their
     * deletes may be done. Over HTTP/1.1 the same as {@link #closeBefore()}.
     *
     * @return the fault
     */
    public static Fault goAwayBefore() {
        return shaped("goAwayBefore()", Deleting.NEVER, Shape.GOING_AWAY);
    }

    /**
     * Does the delete, then sends a GOAWAY whose last stream is the highest there is, which leaves open what became of each,
     * and closes the connection without an answer. Over HTTP/1.1 the same as {@link #closeAfter()}.
     *
     * @return the fault
     */
    public static Fault goAwayAfter() {
        return shaped("goAwayAfter()", Deleting.AT_ONCE, Shape.GONE_AWAY);
    }

    /**
     * Never answers, and keeps the connection open. The delete is not done.
     *
     * @return the fault
     */
    public static Fault silent() {
        return shaped("silent()", Deleting.NEVER, Shape.SILENT);
    }

    /**
     * Gives the normal answer below a {@code Content-Length} that promises more than is sent, then closes the connection;
     * over HTTP/2 it resets the stream (RST_STREAM with INTERNAL_ERROR). The delete is done.
     *
     * @return the fault
     */
    public static Fault truncated() {
        return shaped("truncated()", Deleting.AFTER_DELAY, Shape.TRUNCATED);
    }

    /**
     * Sends bytes that are not HTTP of any version, then closes the connection. The delete is done.
     *
     * @return the fault
     */
    public static Fault garbage() {
        return shaped("garbage()", Deleting.AFTER_DELAY, Shape.GARBAGE);
    }

    /**
     * Sends interim answers and the normal one in one write. The delete is done.
     *
     * @param statuses from 100 to 199, but not 101
     * @return the fault
     */
    public static Fault interim(int... statuses) {
        checkInterim(statuses);
        return shaped(
                "interim(" + Arrays.toString(statuses) + ")", Deleting.AFTER_DELAY, Shape.interim(statuses.clone()));
    }

    /**
     * Sends interim answers one by one, 10 ms apart, and then the normal one. The delete is done.
     *
     * @param statuses from 100 to 199, but not 101
     * @return the fault
     */
    public static Fault interimApart(int... statuses) {
        checkInterim(statuses);
        return shaped(
                "interimApart(" + Arrays.toString(statuses) + ")",
                Deleting.AFTER_DELAY,
                Shape.interimApart(BETWEEN_INTERIM_ANSWERS, statuses.clone()));
    }

    /**
     * Sends the normal answer byte by byte; over HTTP/2 the head as one, and the body in frames of one byte. The delete is
     * done.
     *
     * @param perByte the pause after each byte, more than zero; an answer has about 150 bytes, and the body of a success 2
     * @return the fault
     */
    public static Fault slowDrip(Duration perByte) {
        checkPositive(perByte, "perByte");
        return shaped("slowDrip(" + perByte + ")", Deleting.AFTER_DELAY, Shape.drip(perByte));
    }

    /**
     * Sends the normal answer twice in one write and keeps the connection open. The delete is done, once. Over HTTP/2 the
     * answer comes once: it ends its stream, and nothing can follow.
     *
     * @return the fault
     */
    public static Fault twoAnswers() {
        return shaped("twoAnswers()", Deleting.AFTER_DELAY, Shape.TWICE);
    }

    /**
     * Gives the normal answer with {@code Connection: close}, and closes; over HTTP/2 with a GOAWAY after it, and closes once
     * all other streams have ended. The delete is done.
     *
     * @return the fault
     */
    public static Fault connectionClose() {
        return shaped("connectionClose()", Deleting.AFTER_DELAY, Shape.HANGING_UP);
    }

    /**
     * The same fault, but with the delete done at once, before any delay.
     *
     * @return the new fault
     */
    public Fault afterDelete() {
        return deleting == Deleting.AT_ONCE
                ? this
                : new Fault(text + ".afterDelete()", Deleting.AT_ONCE, delay, answer, sparesRefusals, shape);
    }

    /**
     * The same fault, but later.
     *
     * @param delay more than zero; takes the place of an earlier one
     * @return the new fault
     */
    public Fault delayed(Duration delay) {
        checkPositive(delay, "delay");
        return new Fault(text + ".delayed(" + delay + ")", deleting, delay, answer, sparesRefusals, shape);
    }

    /**
     * The same fault with one more header on its answer, such as {@code Retry-After} on a 503.
     *
     * @param name the name of the header
     * @param value its value
     * @return the new fault
     * @throws IllegalStateException if this fault does not bring an answer of its own
     */
    public Fault header(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        if (answer == null) {
            throw new IllegalStateException(text + " has no answer of its own that could carry a header");
        }
        return new Fault(
                text + ".header(" + name + ", " + value + ")",
                deleting,
                delay,
                answer.with(name, value),
                sparesRefusals,
                shape);
    }

    Deleting deleting() {
        return deleting;
    }

    Duration delay() {
        return delay;
    }

    /** The answer to give where the API itself would give this one, or null if it was not asked. */
    @Nullable Answer answerInPlaceOf(@Nullable Answer normal) {
        boolean refusal = normal != null && normal.status() >= 400;
        return answer == null || (sparesRefusals && refusal) ? normal : answer;
    }

    Shape shape() {
        return shape;
    }

    /** Whether two faults do the same. Their texts name everything they consist of. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Fault that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The fault as it was written, such as {@code status(503).afterDelete()}. */
    @Override
    public String toString() {
        return text;
    }

    private static Fault shaped(String text, Deleting deleting, Shape shape) {
        return new Fault(text, deleting, Duration.ZERO, null, shape);
    }

    private static void checkStatus(int status) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("the status must be from 200 to 599, but is " + status);
        }
    }

    private static void checkInterim(int[] statuses) {
        for (int status : statuses) {
            if (status < 100 || status > 199 || status == 101) {
                throw new IllegalArgumentException(
                        "an interim status must be from 100 to 199 and not 101, but is " + status);
            }
        }
        if (statuses.length == 0) {
            throw new IllegalArgumentException("at least one interim status is needed");
        }
    }

    private static void checkPositive(Duration duration, String name) {
        Objects.requireNonNull(duration, name);
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException("the " + name + " must be more than zero, but is " + duration);
        }
    }
}
