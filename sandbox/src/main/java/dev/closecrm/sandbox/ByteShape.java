package dev.closecrm.sandbox;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** How the bytes of an answer over HTTP/1.1 go onto the connection. */
@FunctionalInterface
interface ByteShape {

    /** As it is. {@link ConnectionWire} knows this one and passes such an answer on without a copy. */
    ByteShape PLAIN = ByteOutlet::last;

    /** As it is; the server has put {@code Connection: close} into it and closes once it is sent. */
    ByteShape HANGING_UP = (outlet, answer) -> outlet.last(answer);

    /** Never. */
    ByteShape SILENT = (outlet, answer) -> {};

    /** A RST in its place. */
    ByteShape RESET = (outlet, answer) -> outlet.reset();

    /** A FIN in its place. */
    ByteShape CLOSED = (outlet, answer) -> outlet.close();

    /** All of it, below a {@code Content-Length} that promises ten bytes more; then a FIN. */
    ByteShape TRUNCATED = (outlet, answer) -> {
        int head = headLength(answer);
        outlet.send(withLength(answer, head, answer.length - head + 10L));
        outlet.send(Arrays.copyOfRange(answer, head, answer.length));
        outlet.close();
    };

    /** Bytes that are not HTTP, then a FIN. */
    ByteShape GARBAGE = (outlet, answer) -> {
        outlet.send(notHttp());
        outlet.close();
    };

    /** Twice, in one write. */
    ByteShape TWICE = (outlet, answer) -> outlet.last(joined(answer, answer));

    /** In chunks, of which there are two if the body is long enough. */
    ByteShape CHUNKED = (outlet, answer) -> {
        int head = headLength(answer);
        int middle = (head + answer.length) / 2;
        byte[] first = chunk(Arrays.copyOfRange(answer, head, middle));
        byte[] second = chunk(Arrays.copyOfRange(answer, middle, answer.length));
        byte[] end = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        outlet.last(joined(withField(answer, head, "transfer-encoding: chunked"), first, second, end));
    };

    /** Puts the bytes of one answer onto the connection. */
    void write(ByteOutlet outlet, byte[] answer);

    /** Interim answers and the answer itself in one write. */
    static ByteShape interim(int... statuses) {
        byte[] interim = new byte[0];
        for (int status : statuses) {
            interim = joined(interim, interimAnswer(status));
        }
        byte[] all = interim;
        return (outlet, answer) -> outlet.last(joined(all, answer));
    }

    /** Interim answers, each on its own, and the answer itself, with a pause before each but the first. */
    static ByteShape interimApart(Duration pause, int... statuses) {
        return (outlet, answer) -> apart(outlet, answer, pause, statuses, 0);
    }

    private static void apart(ByteOutlet outlet, byte[] answer, Duration pause, int[] statuses, int next) {
        if (next == statuses.length) {
            outlet.last(answer);
        } else {
            outlet.send(interimAnswer(statuses[next]));
            outlet.later(pause, () -> apart(outlet, answer, pause, statuses, next + 1));
        }
    }

    /** Byte by byte. */
    static ByteShape drip(Duration perByte) {
        return (outlet, answer) -> drip(outlet, answer, perByte, 0);
    }

    private static void drip(ByteOutlet outlet, byte[] answer, Duration perByte, int next) {
        byte[] one = {answer[next]};
        if (next == answer.length - 1) {
            outlet.last(one);
        } else {
            outlet.send(one);
            outlet.later(perByte, () -> drip(outlet, answer, perByte, next + 1));
        }
    }

    /** The head of the answer, then a body of so many bytes, a piece at a time as the client reads. */
    static ByteShape oversized(long bytes) {
        return (outlet, answer) -> {
            outlet.send(withLength(answer, headLength(answer), bytes));
            filler(outlet, bytes);
        };
    }

    private static void filler(ByteOutlet outlet, long left) {
        byte[] piece = new byte[(int) Math.min(left, 65_536)];
        Arrays.fill(piece, (byte) 'x');
        if (piece.length == left) {
            outlet.last(piece);
        } else {
            outlet.send(piece).addListener(sent -> {
                if (sent.isSuccess()) {
                    filler(outlet, left - piece.length);
                }
            });
        }
    }

    /** Bytes that are not HTTP of any version. */
    static byte[] notHttp() {
        return "\u0015\u0003\u0001\u0000\u0002\u0002F this is not HTTP\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] chunk(byte[] bytes) {
        // One without bytes would be the last.
        return bytes.length == 0
                ? bytes
                : joined(
                        (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII),
                        bytes,
                        "\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] interimAnswer(int status) {
        return ("HTTP/1.1 " + HttpResponseStatus.valueOf(status) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static int headLength(byte[] answer) {
        return new String(answer, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
    }

    /** The head alone, with another length in it. */
    private static byte[] withLength(byte[] answer, int headLength, long length) {
        return withField(answer, headLength, "content-length: " + length);
    }

    /** The head alone, with another header in place of the length. */
    private static byte[] withField(byte[] answer, int headLength, String field) {
        return new String(answer, 0, headLength, StandardCharsets.ISO_8859_1)
                .replaceFirst("(?i)\r\ncontent-length: \\d+", "\r\n" + field)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
