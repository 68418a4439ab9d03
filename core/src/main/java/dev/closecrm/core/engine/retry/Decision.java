package dev.closecrm.core.engine.retry;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a call does after an attempt. Four cases, and {@link #fold} makes the compiler check that each is handled. */
public sealed interface Decision {

    /** It ends with what the attempt brought. */
    record Finish() implements Decision {
        static final Finish INSTANCE = new Finish();
    }

    /**
     * It tries again.
     *
     * @param delay how long to wait first
     * @param charged whether the retry is taken from the budget; one that the service asked for, or that repeats what it never
     *     saw, is not
     */
    record Again(Duration delay, boolean charged) implements Decision {}

    /** It tries again with other credentials, and ends if there are none. */
    record Renew() implements Decision {
        static final Renew INSTANCE = new Renew();
    }

    /** There is no point in trying for now: the service wants to be left alone for longer than a call waits. */
    record Hold() implements Decision {
        static final Hold INSTANCE = new Hold();
    }

    /**
     * Calls the one function that belongs to this case.
     *
     * @param finish for {@link Finish}
     * @param again for {@link Again}
     * @param renew for {@link Renew}
     * @param hold for {@link Hold}
     * @param <R> what the functions return
     * @return what the function returned
     */
    default <R> R fold(Supplier<R> finish, Function<Again, R> again, Supplier<R> renew, Supplier<R> hold) {
        if (this instanceof Finish) {
            return finish.get();
        }
        if (this instanceof Again it) {
            return again.apply(it);
        }
        return this instanceof Renew ? renew.get() : hold.get();
    }
}
