package io.mptcp.tun;

import io.netty.channel.IoEventLoop;

/** Runs something on an event loop and waits for it. */
final class OnLoop {
    private OnLoop() {
    }

    /** An exception of the task comes out here. Does nothing when the loop has ended. */
    static void run(IoEventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else if (!loop.isShutdown()) {
            loop.submit(task).syncUninterruptibly();
        }
    }
}
