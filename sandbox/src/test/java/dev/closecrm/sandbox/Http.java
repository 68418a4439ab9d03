package dev.closecrm.sandbox;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.SSLContext;

/** An HTTP client that has nothing in common with the one under the sandbox. */
final class Http {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;

    Http() {
        this.client = cleartext(HttpClient.Version.HTTP_1_1).build();
    }

    private Http(HttpClient client) {
        this.client = client;
    }

    /** In cleartext, HTTP/2 means that the first request asks for an upgrade. */
    static Http speaking(HttpClient.Version version) {
        return new Http(cleartext(version).build());
    }

    /** Over TLS, HTTP/2 means that it is offered by ALPN. */
    static Http speaking(HttpClient.Version version, SSLContext tls) {
        return new Http(cleartext(version).sslContext(tls).build());
    }

    private static HttpClient.Builder cleartext(HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).connectTimeout(TIMEOUT);
    }

    HttpResponse<String> delete(CloseCrmSandbox sandbox, String id) throws IOException, InterruptedException {
        return send("DELETE", sandbox, "/api/v1/contact/" + id + "/", basic(sandbox.apiKey()));
    }

    HttpResponse<String> send(String method, CloseCrmSandbox sandbox, String path, String authorization)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(sandbox.baseUrl() + path))
                .timeout(TIMEOUT)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    static String basic(String key) {
        return "Basic " + Base64.getEncoder().encodeToString((key + ":").getBytes(StandardCharsets.UTF_8));
    }
}
