package dev.closecrm.cli;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The command on a terminal that {@code script} makes, with a test in the place of the person in front of it. */
final class PseudoTerminal implements AutoCloseable {

    static final Path SCRIPT = Path.of("/usr/bin/script");
    static final String CTRL_C = "\u0003";

    private static final long LONGEST_SECONDS = 60;

    private final Process process;
    private final Reader screen;
    private final StringBuilder seen = new StringBuilder();
    private volatile boolean late;

    private PseudoTerminal(Process process) {
        this.process = process;
        // A read waits for as long as the process lives, and cannot be interrupted.
        CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS).execute(this::giveUp);
        this.screen = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8);
    }

    static boolean isThere() {
        return Files.isExecutable(SCRIPT);
    }

    /** Starts the command on a terminal of that width. */
    static PseudoTerminal start(int columns, Map<String, String> environment, String... arguments) {
        return startWith(List.of(), columns, environment, arguments);
    }

    /** The same with some words before the command. */
    static PseudoTerminal startWith(
            List<String> before, int columns, Map<String, String> environment, String... arguments) {
        List<String> words = new ArrayList<>(before);
        words.addAll(CliProcess.command(arguments));
        String command = words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        ProcessBuilder builder = new ProcessBuilder(
                SCRIPT.toString(),
                "--quiet",
                "--flush",
                "--return",
                "--command",
                "stty cols " + columns + " rows 24; exec " + command,
                "/dev/null");
        builder.environment().remove("CLOSE_ACCESS_TOKEN");
        builder.environment().remove("NO_COLOR");
        builder.environment().put("TERM", "xterm-256color");
        builder.environment().putAll(environment);
        try {
            return new PseudoTerminal(builder.redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types. */
    void type(String keys) {
        try {
            process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads on until what has been seen fits. */
    void await(Predicate<String> fits) {
        while (!fits.test(seen.toString())) {
            if (!readMore()) {
                throw new AssertionError("the command ended before that was seen" + atTheEnd());
            }
        }
    }

    /** Reads to the end, and returns the exit code. */
    int exitCode() {
        while (readMore()) {
            // Until nothing more comes.
        }
        try {
            int code = process.waitFor();
            if (late) {
                throw new AssertionError("still running" + atTheEnd());
            }
            return code;
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    private void giveUp() {
        if (process.isAlive()) {
            late = true;
            close();
        }
    }

    private String atTheEnd() {
        return (late ? " after " + LONGEST_SECONDS + " s:\n" : ":\n") + seen;
    }

    private boolean readMore() {
        char[] some = new char[4096];
        try {
            int count = screen.read(some);
            if (count > 0) {
                seen.append(some, 0, count);
            }
            return count >= 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that was written to it, with what moves the cursor and changes colours. */
    String seen() {
        return seen.toString();
    }

    /** The lines as they stand in the end: what was drawn over or erased is gone. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        String text = seen.toString().replaceAll("\033\\[\\d*m", "").stripTrailing();
        for (String line : text.split("\r?\n", -1)) {
            StringBuilder shown = new StringBuilder();
            for (String written : line.split("\r", -1)) {
                String erased = written.replace("\033[2K", "").replace("\033[K", "");
                if (written.startsWith("\033[2K") || written.endsWith("\033[K") || erased.length() >= shown.length()) {
                    shown.setLength(0);
                    shown.append(erased);
                } else {
                    shown.replace(0, erased.length(), erased);
                }
            }
            lines.add(shown.toString());
        }
        return lines;
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
