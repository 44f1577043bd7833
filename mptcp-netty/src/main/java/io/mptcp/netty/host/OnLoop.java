package io.mptcp.netty.host;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

/** Runs something on an event loop and waits for it. */
public final class OnLoop {
    /** What may be set up on a loop. */
    @FunctionalInterface
    public interface Task<T> {
        T run() throws SetupException;
    }

    private OnLoop() {
    }

    /** The result of a task, or what it threw. */
    public static <T> T call(IoEventLoop loop, Task<T> task) throws SetupException {
        if (loop.inEventLoop()) {
            return task.run();
        }
        Future<T> result = loop.submit(task::run).awaitUninterruptibly();
        if (result.cause() instanceof SetupException failure) {
            throw failure;
        }
        return result.syncUninterruptibly().getNow();
    }

    /** Runs a task that nothing on the host can keep from running. Does nothing when the loop has ended. */
    public static void run(IoEventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else if (!loop.isShutdown()) {
            loop.submit(task).syncUninterruptibly();
        }
    }
}
