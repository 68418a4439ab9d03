package dev.closecrm.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the pieces of an answer are written; what arrives together, no server can say. */
class ByteShapeTest {

    private static final String ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final EmbeddedChannel connection = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final ChannelPromise written = connection.newPromise();

    @BeforeEach
    void freezeTime() {
        connection.freezeTime();
    }

    @AfterEach
    void close() {
        connection.finishAndReleaseAll();
    }

    @Test
    void interimAnswersAreWrittenOneByOne() {
        write(ByteShape.interimApart(PAUSE, 100, 103));

        assertThat(text()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        pass(PAUSE.minusNanos(1));
        assertThat(text()).isEmpty();
        pass(Duration.ofNanos(1));
        assertThat(text()).isEqualTo("HTTP/1.1 103 Early Hints\r\n\r\n");
        assertThat(written.isDone()).isFalse();
        pass(PAUSE);
        assertThat(text()).isEqualTo(ANSWER);
        assertThat(written.isSuccess()).isTrue();
    }

    @Test
    void aDripIsWrittenByteByByte() {
        write(ByteShape.drip(PAUSE));

        int last = ANSWER.length() - 1;
        for (int i = 0; i <= last; i++) {
            assertThat(text()).isEqualTo(ANSWER.substring(i, i + 1));
            assertThat(written.isSuccess()).isEqualTo(i == last);
            pass(PAUSE);
        }
        assertThat(text()).isEmpty();
    }

    @Test
    void nothingMoreIsWrittenOnceTheConnectionIsClosed() {
        write(ByteShape.drip(PAUSE));
        assertThat(text()).isEqualTo("H");

        connection.close();
        pass(PAUSE.multipliedBy(ANSWER.length()));
        assertThat(text()).isEmpty();
    }

    private void write(ByteShape shape) {
        Exchange exchange = new Exchange(new Ledger(System::nanoTime), null);
        ByteOutlet outlet = new ByteOutlet(connection.pipeline().firstContext(), List.of(written), exchange, 200);
        shape.write(outlet, ANSWER.getBytes(StandardCharsets.US_ASCII));
    }

    private void pass(Duration time) {
        connection.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        connection.runPendingTasks();
    }

    /** What was written since the last look. */
    private String text() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf piece = connection.readOutbound(); piece != null; piece = connection.readOutbound()) {
            text.append(piece.toString(StandardCharsets.US_ASCII));
            piece.release();
        }
        return text.toString();
    }
}
