package dev.closecrm.benchmarks;

import dev.closecrm.sandbox.CloseCrmSandbox;
import dev.closecrm.sandbox.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A sandbox in a process of its own, so that its work is not counted as the client's. It answers every delete with success, so
 * that ids may be used again.
 */
final class SandboxProcess implements AutoCloseable {

    private final Process process;
    private final URI baseUrl;
    private final String apiKey;

    private SandboxProcess(Process process, URI baseUrl, String apiKey) {
        this.process = process;
        this.baseUrl = baseUrl;
        this.apiKey = apiKey;
    }

    static SandboxProcess start() throws IOException {
        return start(SandboxProcess.class);
    }

    /** Another server than the sandbox: its main method prints {@code URL key} and serves until its input ends. */
    static SandboxProcess start(Class<?> main) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), main.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the sandbox ended before it said where it is");
        }
        String[] words = line.split(" ", 2);
        return new SandboxProcess(process, URI.create(words[0]), words[1]);
    }

    URI baseUrl() {
        return baseUrl;
    }

    String apiKey() {
        return apiKey;
    }

    @Override
    public void close() {
        process.destroy();
    }

    /**
     * The sandbox's own process: prints where it is and serves until its input ends.
     *
     * @param args none
     * @throws IOException if the input breaks
     */
    public static void main(String[] args) throws IOException {
        try (CloseCrmSandbox sandbox = CloseCrmSandbox.start(0)) {
            sandbox.faults().every(1, Fault.status(200, "{}"));
            System.out.println(sandbox.baseUrl() + " " + sandbox.apiKey());
            // Ends with the benchmark, however that ends: its end of the pipe is closed then.
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }
}
