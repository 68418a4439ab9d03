package dev.closecrm.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/**
 * The standard output of the process. A writer on {@link System#out} never learns that a line was lost, since a {@link
 * java.io.PrintStream} keeps that to itself; this one says so when it is asked with {@link PrintWriter#checkError()}.
 */
final class StandardOutput {

    private StandardOutput() {}

    static PrintWriter ofProcess() {
        return new PrintWriter(
                new BufferedWriter(new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), charset())), true);
    }

    /** What the terminal was found to speak; the names of the property before and from JDK 19 on. */
    private static Charset charset() {
        String name = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding", ""));
        return name.isEmpty() ? Charset.defaultCharset() : Charset.forName(name);
    }
}
