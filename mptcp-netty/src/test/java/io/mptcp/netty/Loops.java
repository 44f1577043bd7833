package io.mptcp.netty;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.MockTicker;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Named;

/** Runs and ends event loops that a test drives by hand. Heeds interrupts, by which JUnit's timeouts work. */
final class Loops {
    private static final long LONGEST_WAIT_NANOS = 100_000_000L;

    private Loops() {
    }

    /** Those that links can live on. */
    static List<Named<IoHandlerFactory>> kinds() {
        return List.of(Named.of("epoll", EpollIoHandler.newFactory()), Named.of("NIO", NioIoHandler.newFactory()));
    }

    /** Runs a loop in real time. */
    static void runUntil(ManualIoEventLoop loop, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            checkInterrupt();
            loop.run(LONGEST_WAIT_NANOS);
        }
    }

    static void close(ManualIoEventLoop loop) {
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            checkInterrupt();
            loop.runNow();
            if (loop.ticker() instanceof MockTicker clock) {
                clock.advance(1, TimeUnit.MILLISECONDS);
            }
        }
    }

    static void checkInterrupt() {
        if (Thread.interrupted()) {
            throw new AssertionError("interrupted: the test takes too long");
        }
    }
}
