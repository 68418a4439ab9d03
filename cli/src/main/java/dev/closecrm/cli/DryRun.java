package dev.closecrm.cli;

import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.Repetitions;
import dev.closecrm.cli.results.JsonLines;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code closecrm delete --dry-run}: what is in the list, on the standard output. Nothing is sent, and no key is needed. */
final class DryRun {

    /** A person reads no more; a program takes {@code --json} and gets all. */
    private static final int SHOWN = 20;

    private static final int LONGEST_TEXT = 80;

    private final Inputs inputs;
    private final PrintWriter out;
    private final boolean json;
    private final JsonLines lines;
    private int shown;

    DryRun(Inputs inputs, PrintWriter out, boolean json) {
        this.inputs = inputs;
        this.out = out;
        this.json = json;
        this.lines = new JsonLines(out);
    }

    int report() {
        Inputs.Survey survey = inputs.survey(this::invalid);
        more(survey.invalid(), "that are not contact ids");
        shown = 0;
        int repetitions = new Repetitions(inputs, survey).find(this::repetition);
        more(repetitions, "that repeat an earlier one");
        int contacts = survey.count() - survey.invalid() - repetitions;
        if (json) {
            Map<String, Object> counts = new LinkedHashMap<>();
            counts.put("inputs", survey.count());
            counts.put("contacts", contacts);
            counts.put("invalid", survey.invalid());
            counts.put("duplicates", repetitions);
            lines.write(Map.of("dry_run", counts));
        } else {
            out.println("inputs=" + survey.count() + " contacts=" + contacts + " invalid=" + survey.invalid()
                    + " duplicates=" + repetitions);
            out.println("nothing was sent");
        }
        out.flush();
        return survey.invalid() > 0 ? ExitCode.SOME_FAILED : ExitCode.OK;
    }

    private void invalid(String place, String id) {
        if (json) {
            lines.write(problem(place, "invalid", id));
        } else if (shown++ < SHOWN) {
            out.println(place + ": not a contact id: \"" + printable(id) + "\"");
        }
    }

    private void repetition(String place, String firstPlace, String id) {
        if (json) {
            Map<String, Object> found = problem(place, "duplicate", id);
            found.put("first_" + kind(firstPlace), number(firstPlace));
            lines.write(found);
        } else if (shown++ < SHOWN) {
            out.println(place + ": repeats " + firstPlace + ": " + id);
        }
    }

    private static Map<String, Object> problem(String place, String problem, String id) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put(kind(place), number(place));
        found.put("problem", problem);
        found.put("contact_id", id);
        return found;
    }

    /** Of "line 7" that is "line", of "argument 2" "argument". */
    private static String kind(String place) {
        return place.substring(0, place.indexOf(' '));
    }

    private static Long number(String place) {
        return Long.valueOf(place.substring(place.indexOf(' ') + 1));
    }

    private void more(int all, String which) {
        if (!json && all > SHOWN) {
            out.println("and " + (all - SHOWN) + " more " + which + " (--json lists all)");
        }
    }

    /** Short, and nothing that a terminal takes for a command. */
    private static String printable(String text) {
        String shorter = text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) + "..." : text;
        return shorter.replaceAll("\\p{Cntrl}", "?");
    }
}
