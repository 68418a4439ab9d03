package dev.closecrm.reactor.matrix;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A name server on the loopback device that says what a test wants, over UDP. */
final class ScriptedDns implements AutoCloseable {

    /** What to say to a query. */
    @FunctionalInterface
    interface Script {
        /** The reply, or null for silence. */
        @Nullable Reply answer(Query query) throws Exception;
    }

    /** A question as it came. */
    record Query(String name, int type, long nanoTime) {}

    /** What is said. */
    record Reply(int code, int seconds, List<InetAddress> addresses) {}

    static final Reply NXDOMAIN = new Reply(3, 0, List.of());

    private static final int A = 1;
    private static final int AAAA = 28;

    private final DatagramSocket socket;
    private final Script script;
    private final Queue<Query> queries = new ConcurrentLinkedQueue<>();

    private ScriptedDns(Script script) throws IOException {
        this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        this.script = script;
        Thread thread = new Thread(this::serve, "scripted-dns");
        thread.setDaemon(true);
        thread.start();
    }

    static ScriptedDns start(Script script) throws IOException {
        return new ScriptedDns(script);
    }

    /** Whatever is asked for has these addresses. */
    static Reply addresses(int seconds, String... addresses) {
        return new Reply(
                0, seconds, Arrays.stream(addresses).map(ScriptedDns::address).toList());
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    InetSocketAddress at() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    List<Query> queries() {
        return List.copyOf(queries);
    }

    private void serve() {
        byte[] bytes = new byte[4096];
        while (!socket.isClosed()) {
            answerOne(bytes);
        }
    }

    private void answerOne(byte[] bytes) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        try {
            socket.receive(packet);
            byte[] reply = reply(Arrays.copyOf(bytes, packet.getLength()));
            if (reply != null) {
                socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
            }
        } catch (Exception closed) {
            // Closed by the test, or nobody waits for the reply any more.
            return;
        }
    }

    private byte @Nullable [] reply(byte[] packet) throws Exception {
        ByteBuffer in = ByteBuffer.wrap(packet);
        in.position(12);
        StringBuilder name = new StringBuilder();
        for (int length = in.get(); length > 0; length = in.get()) {
            byte[] label = new byte[length];
            in.get(label);
            name.append(new String(label, StandardCharsets.US_ASCII)).append('.');
        }
        int type = in.getShort();
        int endOfQuestion = in.position() + 2;
        Query query = new Query(name.toString(), type, System.nanoTime());
        queries.add(query);
        Reply reply = script.answer(query);
        if (reply == null) {
            return null;
        }
        List<InetAddress> fitting = reply.addresses().stream()
                .filter(address -> address.getAddress().length == (type == A ? 4 : 16))
                .toList();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(packet, 0, 2);
        out.writeShort(0x8180 | reply.code());
        out.writeShort(1);
        out.writeShort(fitting.size());
        out.writeInt(0);
        out.write(packet, 12, endOfQuestion - 12);
        for (InetAddress address : fitting) {
            out.writeShort(0xC00C);
            out.writeShort(type == A ? A : AAAA);
            out.writeShort(1);
            out.writeInt(reply.seconds());
            out.writeShort(address.getAddress().length);
            out.write(address.getAddress());
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        socket.close();
    }
}
