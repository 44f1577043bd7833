package io.mptcp.netty.host;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

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

    /** Runs a task that nothing on the host can keep from running: here when the loop has ended, whose thread then disturbs nobody. */
    public static void run(IoEventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        Future<?> done;
        try {
            done = loop.submit(task);
        } catch (RejectedExecutionException ended) {
            loop.terminationFuture().awaitUninterruptibly();
            task.run();
            return;
        }
        done.syncUninterruptibly();
    }
}
