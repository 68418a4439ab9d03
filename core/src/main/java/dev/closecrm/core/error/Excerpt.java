package dev.closecrm.core.error;

/** Foreign text made fit for a message: bounded, on one line, without control characters. */
final class Excerpt {

    private Excerpt() {}

    static String of(String text, int limit) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), limit) + 1);
        for (int i = 0; i < text.length(); i++) {
            if (out.length() >= limit) {
                return out.append('…').toString();
            }
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> append(out, c);
            }
        }
        return out.toString();
    }

    private static void append(StringBuilder out, char c) {
        // Format characters as well: they can turn a line of a log around (U+202E) or hide in it (U+200B).
        boolean printable = !Character.isISOControl(c)
                && Character.getType(c) != Character.FORMAT
                && Character.getType(c) != Character.LINE_SEPARATOR
                && Character.getType(c) != Character.PARAGRAPH_SEPARATOR;
        if (printable) {
            out.append(c);
        } else {
            out.append(String.format("\\u%04x", (int) c));
        }
    }
}
