package dev.closecrm.core.engine.response;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One member of a header that is a list or a dictionary (RFC 8941): {@code name;parameter=value} or
 * {@code name=value;parameter=value}. Values are kept as they are written. More lenient than the RFC in the use of blanks and of
 * characters; as strict in that a string without its end makes the whole header unreadable.
 *
 * @param name the key, or the bare item where there is no value; a string without its quotes
 * @param value what stands behind the equals sign, or null if there is none
 * @param parameters the values of the parameters; empty for one that is given twice and differently
 */
record FieldMember(String name, @Nullable String value, Map<String, String> parameters) {

    /** The most characters of all lines of one header; those that make sense have fewer than 100. */
    private static final int MAX_CHARS = 1024;

    /**
     * Reads a header.
     *
     * @param lines its lines
     * @return its members in their order; empty if it cannot be read
     */
    static List<FieldMember> read(List<String> lines) {
        List<FieldMember> members = new ArrayList<>(4);
        int chars = 0;
        for (String line : lines) {
            chars += line.length();
            if (chars > MAX_CHARS || !new Cursor(line).addTo(members)) {
                return List.of();
            }
        }
        return members;
    }

    @Nullable String parameter(String parameter) {
        return parameters.get(parameter);
    }

    private static FieldMember of(String name, @Nullable String value, Map<String, String> parameters) {
        boolean quoted = name.length() >= 2 && name.charAt(0) == '"' && name.charAt(name.length() - 1) == '"';
        return new FieldMember(quoted ? name.substring(1, name.length() - 1) : name, value, parameters);
    }

    /** Goes once through a line, from its start to its end. */
    private static final class Cursor {

        private final String line;
        private int position;
        private boolean broken;

        Cursor(String line) {
            this.line = line;
        }

        /** False if the line cannot be read. */
        boolean addTo(List<FieldMember> members) {
            do {
                String name = until('=', ';', ',');
                String value = skipped('=') ? until(';', ',', ',') : null;
                Map<String, String> parameters = parameters();
                if (!name.isEmpty()) {
                    members.add(of(name, value, parameters));
                }
            } while (skipped(','));
            return !broken;
        }

        private Map<String, String> parameters() {
            if (!skipped(';')) {
                return Map.of();
            }
            Map<String, String> parameters = new HashMap<>(4);
            do {
                String name = until('=', ';', ',');
                String value = skipped('=') ? until(';', ',', ',') : "";
                String before = parameters.put(name, value);
                if (before != null && !before.equals(value)) {
                    parameters.put(name, "");
                }
            } while (skipped(';'));
            return parameters;
        }

        private boolean skipped(char wanted) {
            boolean there = position < line.length() && line.charAt(position) == wanted;
            position += there ? 1 : 0;
            return there;
        }

        /** What stands before the next of three characters that is neither in a string nor in parentheses. */
        private String until(char one, char two, char three) {
            int start = position;
            int depth = 0;
            boolean inString = false;
            for (; position < line.length(); position++) {
                char c = line.charAt(position);
                if (inString) {
                    position += c == '\\' ? 1 : 0;
                    inString = c != '"';
                } else if (c == '"') {
                    inString = true;
                } else if (c == '(') {
                    depth++;
                } else if (c == ')') {
                    depth--;
                } else if (depth == 0 && (c == one || c == two || c == three)) {
                    break;
                }
            }
            // A backslash at the end has stepped over it.
            position = Math.min(position, line.length());
            broken |= inString || depth != 0;
            return line.substring(start, position).strip();
        }
    }
}
