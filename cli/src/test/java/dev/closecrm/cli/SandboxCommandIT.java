package dev.closecrm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SandboxCommandIT {

    @TempDir
    private Path directory;

    @Test
    void servesWhatDeleteDeletesUntilItIsInterrupted() throws Exception {
        Path log = directory.resolve("log.csv");
        Path ids = directory.resolve("ids.txt");
        ExecutorService server = Executors.newSingleThreadExecutor();
        try (PipedReader pipe = new PipedReader();
                PipedWriter out = new PipedWriter(pipe);
                BufferedReader lines = new BufferedReader(pipe)) {
            CommandLine command = Main.commandLine(Surroundings.ofProcess(new LogLines(System.err::println)))
                    .setOut(new PrintWriter(out));
            Future<Integer> code = server.submit(() -> command.execute(
                    "sandbox",
                    "--contacts",
                    "20",
                    "--limit",
                    "100",
                    "--window",
                    "1",
                    "--limiter",
                    "bucket",
                    "--header",
                    "draft08",
                    "--org-limit",
                    "250",
                    "--keys",
                    "2",
                    "--latency",
                    "1",
                    "--log",
                    log.toString(),
                    "--ids-out",
                    ids.toString()));

            String url = lines.readLine().replace("serving 20 contacts at ", "");
            String keys = lines.readLine();
            assertThat(keys).isEqualTo("API keys: api_sandbox.key1,api_sandbox.key2");
            String key = "api_sandbox.key2";
            assertThat(lines.readLine()).isEqualTo("ids: " + ids);
            assertThat(Files.readAllLines(ids)).hasSize(20);
            CommandRun run = CommandRun.with(Map.of("CLOSE_API_KEY", key));
            assertThat(run.execute("delete", "--yes", "--base-url", url, "--ids", ids.toString()))
                    .as(run::err)
                    .isEqualTo(ExitCode.OK);
            assertThat(run.out()).startsWith("deleted=20 ");

            assertThat(run.execute("delete", "--yes", "--http2", "--outage-timeout", "3", "--base-url", url, "cont_a"))
                    .as(run::err)
                    .isEqualTo(ExitCode.OK);

            server.shutdownNow();
            assertThat(code.get(10, TimeUnit.SECONDS)).isEqualTo(ExitCode.OK);
            assertThat(Files.readAllLines(log))
                    .hasSize(22)
                    .startsWith("epoch_ms,key,verdict")
                    .last()
                    .asString()
                    .matches("\\d{13},2,granted");
            assertThat(run.execute("delete", "--yes", "--quiet", "--base-url", url, "cont_a"))
                    .as("after its end")
                    .isEqualTo(ExitCode.SOME_FAILED);
        } finally {
            server.shutdownNow();
        }
    }

    @Test
    void saysSoInOneLineIfThePortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandRun run = CommandRun.bare();

            assertThat(run.execute("sandbox", "--port", Integer.toString(taken.getLocalPort())))
                    .isEqualTo(ExitCode.ERROR);
            assertThat(run.err().lines())
                    .singleElement()
                    .asString()
                    .startsWith("error: the sandbox cannot be started: ");
        }
    }
}
