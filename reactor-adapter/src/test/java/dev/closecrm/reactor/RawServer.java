package dev.closecrm.reactor;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A server of plain sockets that answers with exactly the bytes a test wants, over plain TCP or TLS. It reads one request
 * after the other on each connection and hands it to the test's script.
 */
public final class RawServer implements AutoCloseable {

    /** What to do about a request. */
    @FunctionalInterface
    public interface Script {
        void answer(Request request, Wire wire) throws Exception;
    }

    /** A request as it came, with its body if it has a length. */
    public record Request(int number, int connection, String text) {

        public String path() {
            return text.split(" ", 3)[1];
        }

        public String contactId() {
            String[] parts = path().split("/", -1);
            return parts[parts.length - 2]; // the path ends with a slash
        }
    }

    /** The connection a request came on. */
    public record Wire(Socket socket) {

        /** Writes in one segment, as far as the loopback device has segments of that size. */
        public void write(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
        }

        /** Cuts the connection with a reset. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
    static final X509Bundle CERTIFICATE = certificate("localhost");

    private final ServerSocket listener;
    private final Script script;
    private final boolean secure;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final AtomicInteger connections = new AtomicInteger();

    private RawServer(ServerSocket listener, boolean secure, Script script) {
        this.listener = listener;
        this.secure = secure;
        this.script = script;
        start(this::accept);
    }

    public static RawServer plain(Script script) throws IOException {
        return new RawServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), false, script);
    }

    /** At one of the many addresses that a loopback device has on Linux. */
    public static RawServer plainAt(String address, int port, Script script) throws IOException {
        return new RawServer(new ServerSocket(port, 50, InetAddress.getByName(address)), false, script);
    }

    public static RawServer tls(Script script) throws Exception {
        return tls(CERTIFICATE, script);
    }

    public static RawServer tls(X509Bundle certificate, Script script) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
        return new RawServer(
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                true,
                script);
    }

    /** Over a listener that a test has set up itself. */
    public static RawServer tls(ServerSocket listener, Script script) {
        return new RawServer(listener, true, script);
    }

    public static X509Bundle certificate(String host) {
        try {
            return new CertificateBuilder()
                    .subject("CN=" + host)
                    .addSanDnsName(host)
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Trusts the certificate of {@link #tls(Script)}. */
    public static TrustManagerFactory trust() {
        return CERTIFICATE.toTrustManagerFactory();
    }

    public URI baseUrl() {
        return URI.create((secure ? "https" : "http") + "://localhost:" + listener.getLocalPort());
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** How many connections were ever opened. */
    public int connections() {
        return connections.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                int number = connections.incrementAndGet();
                start(() -> serve(socket, number));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket, int connection) {
        try (socket) {
            for (String head = readHead(socket); head != null; head = readHead(socket)) {
                Request request = new Request(requests.size(), connection, head + readBody(socket, head));
                requests.add(request);
                script.answer(request, new Wire(socket));
                if (socket.isClosed()) {
                    return;
                }
            }
        } catch (Exception gone) {
            // The client hung up, or the script cut the connection. What matters is what the client reports of it.
            return;
        }
    }

    private static @Nullable String readHead(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.write(b);
            if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return null;
    }

    private static String readBody(Socket socket, String head) throws IOException {
        Matcher length = LENGTH.matcher(head);
        return length.find()
                ? new String(
                        socket.getInputStream().readNBytes(Integer.parseInt(length.group(1))),
                        StandardCharsets.ISO_8859_1)
                : "";
    }

    private void start(Runnable work) {
        Thread thread = new Thread(work, "raw-server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
