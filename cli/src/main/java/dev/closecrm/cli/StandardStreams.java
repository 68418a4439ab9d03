package dev.closecrm.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/** What the process prints to. */
final class StandardStreams {

    private StandardStreams() {}

    /**
     * The standard output. A writer on {@link System#out} never learns that a line was lost, since a {@link java.io.PrintStream}
     * keeps that to itself; this one says so when it is asked with {@link PrintWriter#checkError()}.
     */
    static PrintWriter output() {
        return writer(FileDescriptor.out, "stdout");
    }

    /** The standard error, whatever stands in its place for libraries. */
    static PrintWriter error() {
        return writer(FileDescriptor.err, "stderr");
    }

    private static PrintWriter writer(FileDescriptor stream, String name) {
        // What a terminal was found to speak; the names of the property from JDK 19 on and before.
        String charset = System.getProperty(name + ".encoding", System.getProperty("sun." + name + ".encoding", ""));
        OutputStreamWriter writer = new OutputStreamWriter(
                new FileOutputStream(stream), charset.isEmpty() ? Charset.defaultCharset() : Charset.forName(charset));
        return new PrintWriter(new BufferedWriter(writer), true);
    }
}
