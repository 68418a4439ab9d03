package dev.closecrm.reactor;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound of a lock inside Netty that Netty's own list has forgotten (4.2.18). Its allocator takes it when it grows, for
 * as long as another thread cuts one buffer, as often as a process has threads at most. Nobody can avoid it who reads from a
 * socket; a test that met it saw a read fail that would not have failed.
 */
public final class NettyLocks implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free");
    }
}
