package dev.closecrm.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, from its jar, as a shell starts it. */
final class CliProcess implements AutoCloseable {

    static final String JAR = System.getProperty("closecrm.jar", "target/closecrm.jar");

    /** A shell that starts the tests in the background has them, and all they start, ignore Ctrl-C. */
    private static final List<String> HEARING_SIGNALS = hearingSignals("env", "--default-signal=INT,TERM,HUP");

    private static final long LONGEST_SECONDS = 60;

    private final Process process;
    private final Path out;
    private final Path err;

    private CliProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** The words of a shell that start it. Without what makes a JVM fast later and slow at first. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(HEARING_SIGNALS);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-jar",
                JAR));
        command.addAll(List.of(arguments));
        return command;
    }

    /** GNU's env can say so; where there is another one, tests have to be started in the foreground. */
    private static List<String> hearingSignals(String... words) {
        List<String> command = new ArrayList<>(List.of(words));
        command.add("true");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0 ? List.of(words) : List.of();
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    /** Starts it. What it prints goes to files in the directory. */
    static CliProcess start(Path directory, String apiKey, String... arguments) {
        return startWith(List.of(), directory, apiKey, arguments);
    }

    /** The same with some words before the command, such as those of a shell that limits what it may do. */
    static CliProcess startWith(List<String> words, Path directory, String apiKey, String... arguments) {
        List<String> command = new ArrayList<>(words);
        command.addAll(command(arguments));
        try {
            Path out = Files.createTempFile(directory, "out", ".txt");
            Path err = Files.createTempFile(directory, "err", ".txt");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("CLOSE_API_KEY", apiKey);
            builder.environment().remove("CLOSE_ACCESS_TOKEN");
            return new CliProcess(builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@code kill -9}. Does not wait. */
    void kill() {
        process.destroyForcibly();
    }

    /** As {@code kill -NAME}. Does not wait. */
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for its end, and returns its exit code. */
    int exitCode() {
        try {
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("still running after " + LONGEST_SECONDS + " s\n" + out() + err());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
