package dev.closecrm.reactor.matrix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's side of SOCKS 5 (RFC 1928, RFC 1929), as far as tests need it. */
final class Socks {

    private Socks() {}

    /** Opens a tunnel, and notes where to. */
    static void accept(RawTcp.Wire wire, @Nullable String password, List<String> targets) throws IOException {
        targets.add(target(wire, password));
        wire.write((byte) 5, (byte) 0, (byte) 0, (byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
    }

    /** Lets everybody in and no tunnel be. */
    static RawTcp.Script refuse(int status) {
        return wire -> {
            target(wire, null);
            wire.write(
                    (byte) 5,
                    (byte) status,
                    (byte) 0,
                    (byte) 1,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0);
            RawTcp.SILENT.serve(wire);
        };
    }

    private static String target(RawTcp.Wire wire, @Nullable String password) throws IOException {
        wire.in().read();
        wire.in().readNBytes(wire.in().read());
        wire.write((byte) 5, (byte) (password == null ? 0 : 2));
        if (password != null) {
            wire.in().read();
            wire.in().readNBytes(wire.in().read());
            String said = text(wire);
            wire.write((byte) 1, (byte) (said.equals(password) ? 0 : 1));
        }
        byte[] command = wire.in().readNBytes(4);
        if (command[3] != 3) {
            throw new IOException("the target is no name: type " + command[3]);
        }
        String host = text(wire);
        int port = wire.in().read() << 8 | wire.in().read();
        return host + ":" + port;
    }

    private static String text(RawTcp.Wire wire) throws IOException {
        return new String(wire.in().readNBytes(wire.in().read()), StandardCharsets.UTF_8);
    }
}
