package dev.closecrm.reactor.matrix;

import dev.closecrm.reactor.Answers;
import dev.closecrm.reactor.FrameServer;
import dev.closecrm.reactor.RawServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.net.ssl.TrustManagerFactory;

/**
 * A service that speaks either version of HTTP and lets a script say what to answer, at once or later and from any thread. For what
 * goes wrong below the answer there are {@link RawServer} and {@link FrameServer}.
 */
final class Service implements Closeable {

    /** What to do about a request. Must not wait. */
    @FunctionalInterface
    interface Script {
        void answer(Request request, Reply reply) throws Exception;
    }

    /** A request as it came; its head is a line for each header, those of HTTP/2 that begin with a colon among them. */
    record Request(int connection, String contactId, String head) {

        String header(String name) {
            Matcher line = Pattern.compile("(?im)^" + name + ": (.*?)\r?$").matcher(head);
            return line.find() ? line.group(1) : "";
        }
    }

    /** Where the answer to a request goes, with more headers: a name, its value, and so on. */
    @FunctionalInterface
    interface Reply {
        void json(int status, String body, String... headers) throws IOException;
    }

    /** All is well. */
    static final Script OK = (request, reply) -> reply.json(200, "{}");

    /** The API's answer about a contact that exists if its id ends in a 1. */
    static final Script ABOUT = (request, reply) -> {
        if (request.contactId().endsWith("1")) {
            reply.json(200, "{}");
        } else {
            reply.json(404, "{\"error\": \"Not found\"}");
        }
    };

    private final Closeable server;
    private final URI baseUrl;
    private final TrustManagerFactory trust;
    private final IntSupplier connections;
    private final Collection<Request> requests;

    private Service(
            Closeable server,
            URI baseUrl,
            TrustManagerFactory trust,
            IntSupplier connections,
            Collection<Request> requests) {
        this.server = server;
        this.baseUrl = baseUrl;
        this.trust = trust;
        this.connections = connections;
        this.requests = requests;
    }

    static Service plain(Over over, Script script) throws IOException {
        return plainAt("127.0.0.1", 0, over, script);
    }

    /** With a script for each version, where what goes wrong is below the answer. */
    static Service plain(Over over, RawServer.Script bytes, FrameServer.Script frames) throws IOException {
        Queue<Request> none = new ConcurrentLinkedQueue<>();
        return over == Over.HTTP_2 ? of(FrameServer.plain(frames), none) : of(RawServer.plain(bytes), none);
    }

    /** At one of the many addresses that a loopback device has on Linux. */
    static Service plainAt(String address, int port, Over over, Script script) throws IOException {
        Queue<Request> requests = new ConcurrentLinkedQueue<>();
        return over == Over.HTTP_2
                ? of(FrameServer.plainAt(address, port, frames(script, requests)), requests)
                : of(RawServer.plainAt(address, port, bytes(script, requests)), requests);
    }

    static Service tls(Over over, Script script) throws Exception {
        Queue<Request> requests = new ConcurrentLinkedQueue<>();
        return over == Over.HTTP_2
                ? of(FrameServer.tls(frames(script, requests)), requests)
                : of(RawServer.tls(bytes(script, requests)), requests);
    }

    private static Service of(RawServer server, Queue<Request> requests) {
        return new Service(server::close, server.baseUrl(), RawServer.trust(), server::connections, requests);
    }

    private static Service of(FrameServer server, Queue<Request> requests) {
        return new Service(server::close, server.baseUrl(), FrameServer.trust(), server::connections, requests);
    }

    private static RawServer.Script bytes(Script script, Queue<Request> requests) {
        return (raw, wire) -> {
            Request request = new Request(raw.connection(), raw.contactId(), raw.text());
            requests.add(request);
            script.answer(request, (status, body, headers) -> wire.write(Answers.json(status, body, headers)));
        };
    }

    private static FrameServer.Script frames(Script script, Queue<Request> requests) {
        return (frame, wire) -> {
            String head = StreamSupport.stream(frame.headers().spliterator(), false)
                    .map(header -> header.getKey() + ": " + header.getValue())
                    .collect(Collectors.joining("\n"));
            Request request = new Request(frame.connection(), frame.contactId(), head);
            requests.add(request);
            script.answer(request, wire::answer);
        };
    }

    URI baseUrl() {
        return baseUrl;
    }

    int port() {
        return baseUrl.getPort();
    }

    /** Trusts the certificate of {@link #tls}. */
    TrustManagerFactory trust() {
        return trust;
    }

    List<Request> requests() {
        return List.copyOf(requests);
    }

    /** How many connections were ever opened. */
    int connections() {
        return connections.getAsInt();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
