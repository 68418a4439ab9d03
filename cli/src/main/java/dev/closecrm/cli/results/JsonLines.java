package dev.closecrm.cli.results;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** The same lines as those of the results file, and others, as JSON: one object a line. Cells that do not apply are left out. */
public final class JsonLines {

    /** What to say when the lines go nowhere. */
    public static final String GONE = "cannot write to standard output any more: nobody reads it, or there is no room";

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Set<String> NUMBERS = Set.of("index", "status", "attempts", "elapsed_ms");

    private final PrintWriter out;

    /** Writes to the given writer. */
    public JsonLines(PrintWriter out) {
        this.out = out;
    }

    /** Writes the line of an input. */
    public void write(List<String> line) {
        Map<String, Object> cells = new LinkedHashMap<>();
        for (int i = 0; i < line.size(); i++) {
            String name = ResultLine.HEADER.get(i);
            String cell = line.get(i);
            // An input may be empty, and is one all the same.
            if (!cell.isEmpty() || name.equals("contact_id")) {
                cells.put(name, NUMBERS.contains(name) ? Long.valueOf(cell) : cell);
            }
        }
        write(cells);
    }

    /** Writes an object. */
    public void write(Map<String, Object> object) {
        last(object);
        if (out.checkError()) {
            throw new GoneException();
        }
    }

    /** Writes the object that nothing comes after, so that nothing has to end if nobody reads it. */
    public void last(Map<String, Object> object) {
        out.println(MAPPER.writeValueAsString(object));
    }

    /** Whoever read the output does so no more. */
    public static final class GoneException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        GoneException() {
            super(GONE);
        }
    }
}
