package dev.closecrm.reactor.matrix;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** A port on which connections are neither accepted nor refused: its queue is full, and nobody takes from it. */
record BlackHole(String address, ServerSocket listener, List<Socket> queue) implements AutoCloseable {

    private static final int MORE_THAN_FITS = 8;
    private static final int PATIENCE_MILLIS = 200;

    static BlackHole open() throws IOException {
        return open("127.0.0.1", 0);
    }

    static BlackHole open(String address, int port) throws IOException {
        ServerSocket listener = new ServerSocket(port, 1, InetAddress.getByName(address));
        List<Socket> queue = new ArrayList<>();
        for (int i = 0; i < MORE_THAN_FITS; i++) {
            Socket socket = new Socket();
            queue.add(socket);
            try {
                socket.connect(listener.getLocalSocketAddress(), PATIENCE_MILLIS);
            } catch (SocketTimeoutException full) {
                return new BlackHole(address, listener, queue);
            }
        }
        throw new IOException("the queue of a port does not fill up here");
    }

    URI baseUrl() {
        return URI.create("http://" + address + ":" + listener.getLocalPort());
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : queue) {
            socket.close();
        }
    }
}
