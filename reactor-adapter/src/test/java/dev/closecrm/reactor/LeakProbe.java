package dev.closecrm.reactor;

import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes Netty speak of leaks: it reports a leaked buffer when the next one is allocated after the garbage collector has found
 * the first. Runs after every test class; the build fails on the word it prints.
 */
public final class LeakProbe implements AfterAllCallback {

    @Override
    public void afterAll(ExtensionContext context) {
        for (int i = 0; i < 2; i++) {
            System.gc();
            PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
        }
    }
}
