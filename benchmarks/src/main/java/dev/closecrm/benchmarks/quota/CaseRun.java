package dev.closecrm.benchmarks.quota;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Carries out one case: a sandbox and its clients, each in a process of its own, over TCP. */
final class CaseRun {

    private static final int LATENCY_MILLIS = 40;
    private static final int START_SECONDS = 8;

    private final QuotaCase measured;
    private final Path jar;
    private final Path directory;
    private final List<Process> clients = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private double wallSeconds;

    CaseRun(QuotaCase measured, Path jar, Path directory) {
        this.measured = measured;
        this.jar = jar;
        this.directory = directory;
    }

    Usage run(int warmUp, int windows, long seed) throws IOException, InterruptedException {
        int seconds = (warmUp + windows + 2) * measured.windowSeconds() + START_SECONDS;
        int each = measured.ids() > 0 ? measured.ids() : measured.allowed() * (seconds / measured.windowSeconds() + 2);
        Path log = directory.resolve(measured.name() + ".csv");
        Path ids = directory.resolve("ids.txt");
        Process server = startServer(each * measured.processes(), log, ids);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            URI url = URI.create(after(" at ", out.readLine()));
            String[] keys = after(": ", out.readLine()).split(",");
            // The last of its lines says that the file of ids is written.
            out.readLine();
            long start = System.nanoTime();
            String ours = String.join(",", List.of(keys).subList(0, measured.keys()));
            List<String> all = Files.readAllLines(ids);
            for (int i = 0; i < measured.processes(); i++) {
                startClient(url, ours, all.subList(i * each, (i + 1) * each), i);
            }
            Stranger stranger = stranger(url, keys[keys.length - 1], seed);
            try {
                int killAfter = (warmUp - QuotaCase.RECOVERY_WINDOWS) * measured.windowSeconds();
                await(measured.ids() > 0 ? seconds + 60 : seconds, measured.killed() ? killAfter : 0);
            } finally {
                if (stranger != null) {
                    stranger.close();
                }
            }
            wallSeconds = (System.nanoTime() - start) / 1e9;
            end();
        } finally {
            clients.forEach(Process::destroyForcibly);
            server.destroy();
            server.waitFor(20, TimeUnit.SECONDS);
        }
        return Usage.read(log, measured);
    }

    double wallSeconds() {
        return wallSeconds;
    }

    /** Exit codes of those that ended by themselves. */
    List<String> ends() {
        return ends;
    }

    private void await(int seconds, int killAfter) throws InterruptedException {
        if (killAfter > 0) {
            TimeUnit.SECONDS.sleep(killAfter);
            clients.get(0).destroyForcibly();
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds - killAfter);
        for (Process client : clients.subList(measured.killed() ? 1 : 0, clients.size())) {
            client.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    private void end() throws InterruptedException {
        for (Process client : clients) {
            ends.add(client.isAlive() ? "-" : Integer.toString(client.exitValue()));
            client.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    private @Nullable Stranger stranger(URI url, String key, long seed) {
        double perSecond = measured.strangerShare() * measured.limit() / measured.windowSeconds();
        return perSecond == 0 ? null : new Stranger(url, key, perSecond, seed);
    }

    private Process startServer(int contacts, Path log, Path ids) throws IOException {
        boolean stranger = measured.strangerShare() > 0;
        List<String> command = java("sandbox");
        command.addAll(List.of("--contacts", Integer.toString(contacts)));
        command.addAll(List.of("--limit", Integer.toString(measured.limit())));
        command.addAll(List.of("--window", Integer.toString(measured.windowSeconds())));
        // The stranger has a key of its own, to be told apart in the log, and the organisation no room for both.
        command.addAll(List.of("--keys", Integer.toString(measured.keys() + (stranger ? 1 : 0))));
        command.addAll(List.of("--org-limit", Integer.toString(stranger ? measured.limit() : 3 * measured.limit())));
        command.addAll(List.of("--limiter", measured.limiter(), "--header", measured.header()));
        command.addAll(List.of("--latency", Integer.toString(LATENCY_MILLIS)));
        command.addAll(List.of("--log", log.toString(), "--ids-out", ids.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void startClient(URI url, String keys, List<String> own, int number) throws IOException {
        Path file = Files.write(directory.resolve("ids-" + number + ".txt"), own);
        List<String> command = java("delete");
        command.addAll(List.of("--base-url", url.toString(), "--ids", file.toString(), "--yes", "--quiet"));
        ProcessBuilder client = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory
                        .resolve(measured.name() + "-" + number + ".out")
                        .toFile());
        client.environment().remove("CLOSE_ACCESS_TOKEN");
        client.environment().putAll(Map.of("CLOSE_API_KEY", keys));
        clients.add(client.start());
    }

    private List<String> java(String subcommand) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ArrayList<>(List.of(java, "-Xmx256m", "-jar", jar.toString(), subcommand));
    }

    private static String after(String mark, @Nullable String line) throws IOException {
        if (line == null || !line.contains(mark)) {
            throw new IOException("the sandbox said: " + line);
        }
        return line.substring(line.indexOf(mark) + mark.length());
    }
}
