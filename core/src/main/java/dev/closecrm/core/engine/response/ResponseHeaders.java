package dev.closecrm.core.engine.response;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The headers of an answer, by name in any case. A view: it is read while the answer is at hand and not kept. */
public interface ResponseHeaders {

    /**
     * All values of a header.
     *
     * @param name the header's name
     * @return the values in their order; empty if there is none
     */
    List<String> all(String name);

    /**
     * The first value of a header. Allocates nothing where there is none.
     *
     * @param name the header's name
     * @return the value, or null if there is none
     */
    @Nullable String first(String name);
}
