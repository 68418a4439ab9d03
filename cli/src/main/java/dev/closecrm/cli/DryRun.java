package dev.closecrm.cli;

import dev.closecrm.cli.input.Inputs;
import dev.closecrm.cli.input.Repetitions;
import dev.closecrm.cli.results.JsonLines;
import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;

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
            Map<String, Object> counts = new TreeMap<>();
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
            lines.write(Map.of("place", place, "problem", "invalid", "contact_id", id));
        } else if (shown++ < SHOWN) {
            out.println(place + ": not a contact id: \"" + printable(id) + "\"");
        }
    }

    private void repetition(String place, String firstPlace, String id) {
        if (json) {
            lines.write(Map.of("place", place, "problem", "duplicate", "contact_id", id, "first", firstPlace));
        } else if (shown++ < SHOWN) {
            out.println(place + ": repeats " + firstPlace + ": " + id);
        }
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
