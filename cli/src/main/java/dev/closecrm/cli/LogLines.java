package dev.closecrm.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What libraries print to the standard error, handed on line by line, so that none is written into a bar. Warnings of this project
 * are among them, since a person has to learn of them; anything else is logged only if a level is asked for.
 */
final class LogLines extends OutputStream {

    private static final String LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";
    private static final Map<String, String> WARNINGS = Map.of(
            "org.slf4j.simpleLogger.log.dev.closecrm", "warn",
            "org.slf4j.simpleLogger.warnLevelString", "warning:",
            "org.slf4j.simpleLogger.showDateTime", "false",
            "org.slf4j.simpleLogger.showThreadName", "false",
            "org.slf4j.simpleLogger.showLogName", "false");

    private final Consumer<String> usual;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private volatile Consumer<String> present;

    LogLines(Consumer<String> usual) {
        this.usual = usual;
        this.present = usual;
    }

    /** Takes the place of the process's standard error, before the first logger looks for it. */
    static LogLines ofProcess() {
        if (System.getProperty(LEVEL) == null) {
            WARNINGS.forEach(System::setProperty);
        }
        LogLines lines = new LogLines(System.err::println);
        System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
        return lines;
    }

    /** Has somebody else show them. */
    void showBy(Consumer<String> screen) {
        present = screen;
    }

    /** Has them shown as before. */
    void showAsUsual() {
        present = usual;
    }

    @Override
    public synchronized void write(int character) {
        if (character != '\n') {
            line.write(character);
            return;
        }
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        present.accept(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }
}
