package io.mptcp.netty.socket;

import java.io.InterruptedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Where one thread waits for what others bring about. The others never wait. */
final class Waiter {
    /** Deadline of those who wait without one. */
    static final long FOREVER = Long.MAX_VALUE;

    private volatile Thread thread;

    /**
     * Waits until a condition holds; whoever makes it hold calls {@link #signal} afterwards. As with the JDK's sockets an interrupt ends the wait of a
     * virtual thread, and is kept for later by a platform thread.
     *
     * @param timeoutNanos how long at most, or {@link #FOREVER}
     * @return whether it holds; false after the timeout
     * @throws InterruptedIOException in an interrupted virtual thread; it stays interrupted
     */
    boolean await(BooleanSupplier condition, long timeoutNanos) throws InterruptedIOException {
        Thread current = Thread.currentThread();
        long startNanos = System.nanoTime();
        boolean interrupted = false;
        thread = current;
        try {
            while (!condition.getAsBoolean()) {
                if (timeoutNanos == FOREVER) {
                    LockSupport.park(this);
                } else {
                    long remainingNanos = leftNanos(timeoutNanos, startNanos);
                    if (remainingNanos <= 0) {
                        return false;
                    }
                    LockSupport.parkNanos(this, remainingNanos);
                }
                if (current.isInterrupted()) {
                    if (current.isVirtual()) {
                        throw new InterruptedIOException("interrupted");
                    }
                    interrupted |= Thread.interrupted();
                }
            }
            return true;
        } finally {
            thread = null;
            if (interrupted) {
                current.interrupt();
            }
        }
    }

    /** What is left of a timeout, {@link #FOREVER} of that; not above 0 when it is over. @param startNanos when it began */
    static long leftNanos(long timeoutNanos, long startNanos) {
        return timeoutNanos == FOREVER ? FOREVER : timeoutNanos - (System.nanoTime() - startNanos);
    }

    void signal() {
        Thread waiting = thread;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }
}
