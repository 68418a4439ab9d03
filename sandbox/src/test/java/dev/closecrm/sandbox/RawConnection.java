package dev.closecrm.sandbox;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.SocketFactory;

/** One connection, byte by byte, for what an HTTP client hides. Reads give up after ten seconds. */
final class RawConnection implements AutoCloseable {

    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");

    private final CloseCrmSandbox sandbox;
    private final Socket socket;
    private final InputStream in;

    RawConnection(CloseCrmSandbox sandbox) throws IOException {
        this(sandbox, SocketFactory.getDefault());
    }

    RawConnection(CloseCrmSandbox sandbox, SocketFactory sockets) throws IOException {
        this.sandbox = sandbox;
        this.socket = sockets.createSocket(InetAddress.getLoopbackAddress(), sandbox.port());
        this.socket.setSoTimeout(10_000);
        this.in = socket.getInputStream();
    }

    RawConnection delete(String id) throws IOException {
        String request = "DELETE /api/v1/contact/" + id + "/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + Http.basic(sandbox.apiKey()) + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** Everything up to the blank line. */
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
            head.append((char) one());
        }
        return head.toString();
    }

    /** One answer, head and body. */
    String answer() throws IOException {
        String head = head();
        Matcher length = LENGTH.matcher(head);
        int bytes = length.find() ? Integer.parseInt(length.group(1)) : 0;
        return head + new String(in.readNBytes(bytes), StandardCharsets.UTF_8);
    }

    /** Everything there is to read at once: one segment, if the server wrote in one go. */
    String segment() throws IOException {
        byte[] bytes = new byte[65_536];
        int count = in.read(bytes);
        return count < 0 ? "" : new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
    }

    /** Everything until the server closes. */
    String rest() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Closes before the end of the block, which javac does not like to be called close. */
    void hangUp() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private int one() throws IOException {
        int one = in.read();
        if (one < 0) {
            throw new EOFException("the server closed");
        }
        return one;
    }
}
