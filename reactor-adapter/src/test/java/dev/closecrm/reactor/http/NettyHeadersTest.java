package dev.closecrm.reactor.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.closecrm.core.engine.response.ResponseHeaders;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class NettyHeadersTest {

    private final ResponseHeaders headers = new NettyHeaders(new DefaultHttpHeaders()
            .add("RateLimit", "limit=100")
            .add("ratelimit", "remaining=50")
            .add("Date", "now"));

    @Test
    void namesAreReadInAnyCaseAndLinesKeepTheirOrder() {
        assertThat(headers.all("ratelimit")).containsExactly("limit=100", "remaining=50");
        assertThat(headers.first("RATELIMIT")).isEqualTo("limit=100");
        assertThat(headers.all("retry-after")).isEmpty();
        assertThat(headers.first("retry-after")).isNull();
    }

    @Test
    void askingForWhatIsNotThereCostsNoMemory() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                headers.first("ratelimit-remaining");
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isZero();
    }
}
