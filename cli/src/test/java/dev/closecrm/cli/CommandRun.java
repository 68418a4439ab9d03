package dev.closecrm.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Runs the command as a shell would, with surroundings of the test's making. */
final class CommandRun implements Terminal {

    private final Map<String, String> environment;
    private final List<String> questions = new ArrayList<>();
    private String stdin = "";
    private boolean interactive;
    private boolean answer;
    private String out = "";
    private String err = "";

    private CommandRun(Map<String, String> environment) {
        this.environment = environment;
    }

    static CommandRun with(Map<String, String> environment) {
        return new CommandRun(environment);
    }

    static CommandRun bare() {
        return with(Map.of());
    }

    CommandRun stdin(String text) {
        this.stdin = text;
        return this;
    }

    CommandRun answering(boolean yes) {
        this.interactive = true;
        this.answer = yes;
        return this;
    }

    /** Runs it, and returns its exit code. */
    int execute(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine(new Surroundings(
                        environment,
                        new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)),
                        this,
                        new LogLines(line -> {})))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
        int code = command.execute(arguments);
        this.out = out.toString();
        this.err = err.toString();
        return code;
    }

    String out() {
        return out;
    }

    List<String> outLines() {
        return out.lines().toList();
    }

    String err() {
        return err;
    }

    List<String> questions() {
        return questions;
    }

    @Override
    public boolean interactive() {
        return interactive;
    }

    @Override
    public boolean shows() {
        return false;
    }

    @Override
    public boolean showsOutput() {
        return false;
    }

    @Override
    public int columns() {
        return 80;
    }

    @Override
    public boolean confirms(String question) {
        questions.add(question);
        return answer;
    }
}
