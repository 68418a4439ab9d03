package dev.closecrm.benchmarks.quota;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Somebody else who uses the organisation's quota: requests at random moments, a Poisson process, whatever is answered. */
final class Stranger implements AutoCloseable {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final HttpRequest request;
    private final double perSecond;
    private final Random random;

    Stranger(URI baseUrl, String key, double perSecond, long seed) {
        String user = Base64.getEncoder().encodeToString((key + ":").getBytes(StandardCharsets.UTF_8));
        // There is no such contact; the limiter counts it all the same.
        this.request = HttpRequest.newBuilder(baseUrl.resolve("/api/v1/contact/cont_stranger/"))
                .header("Authorization", "Basic " + user)
                .DELETE()
                .build();
        this.perSecond = perSecond;
        this.random = new Random(seed);
        next();
    }

    private void next() {
        double seconds = -Math.log(1 - random.nextDouble()) / perSecond;
        timer.schedule(this::send, (long) (seconds * 1e9), TimeUnit.NANOSECONDS);
    }

    private void send() {
        client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        next();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
