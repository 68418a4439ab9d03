package dev.closecrm.reactor.matrix;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Accepts connections, lets a script do with each what it wants, and keeps every byte that came. */
final class RawTcp implements AutoCloseable {

    /** What to do with a connection; it is closed afterwards. */
    @FunctionalInterface
    interface Script {
        void serve(Wire wire) throws Exception;
    }

    private final ServerSocket listener;
    private final Script script;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final AtomicInteger connections = new AtomicInteger();

    private RawTcp(Script script) throws IOException {
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.script = script;
        start(this::accept);
    }

    static RawTcp start(Script script) throws IOException {
        return new RawTcp(script);
    }

    /** Says nothing, and reads what comes. */
    static final Script SILENT = wire -> wire.in().transferTo(ByteArrayOutputStream.nullOutputStream());

    int port() {
        return listener.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    /** All bytes of all connections, a character each. */
    String received() {
        synchronized (received) {
            return received.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                connections.incrementAndGet();
                start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            script.serve(new Wire(socket, new Recorder(socket.getInputStream())));
        } catch (Exception gone) {
            // The client hung up. What matters is what it reports of it.
            return;
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "raw-tcp");
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

    /** A connection; what is read from it is kept. */
    record Wire(Socket socket, InputStream in) {

        void write(byte... bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        void write(String text) throws IOException {
            write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        String readHead() throws IOException {
            StringBuilder head = new StringBuilder();
            for (int b = in.read(); b >= 0; b = in.read()) {
                head.append((char) b);
                if (b == '\n' && head.toString().endsWith("\r\n\r\n")) {
                    return head.toString();
                }
            }
            throw new IOException("closed");
        }

        /** Passes everything on in both directions until one side ends. */
        void join(Socket far) throws IOException {
            start(() -> {
                try (far) {
                    far.getInputStream().transferTo(socket.getOutputStream());
                    socket.close();
                } catch (IOException closed) {
                    return;
                }
            });
            in.transferTo(far.getOutputStream());
        }
    }

    private final class Recorder extends FilterInputStream {

        Recorder(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) {
                synchronized (received) {
                    received.write(b);
                }
            }
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                synchronized (received) {
                    received.write(bytes, offset, count);
                }
            }
            return count;
        }
    }
}
