package io.mptcp.netty.socket;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * Tells threads when a kernel socket can go on. Edge-triggered: a thread clears the flag, tries, and waits for the flag when there was nothing. The socket
 * is brought to the loop at the first wait.
 */
final class KernelReadiness implements EpollIoHandle {
    private static final EpollIoOps OPS = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT).with(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.EPOLLET);

    private final IoEventLoop loop;
    private final FileDescriptor fd;
    private final Waiter reader = new Waiter();
    private final Waiter writer = new Waiter();
    private volatile boolean readable;
    private volatile boolean writable;
    private volatile boolean closed;
    /** Guarded by this. */
    private boolean registered;
    /** Used on the loop only. */
    private IoRegistration registration;

    KernelReadiness(IoEventLoop loop, int fd) {
        this.loop = loop;
        this.fd = new FileDescriptor(fd);
    }

    /** Before a call that may find nothing to read. */
    void beginRead() {
        readable = false;
    }

    void beginWrite() {
        writable = false;
    }

    /** @return false after the timeout */
    boolean awaitReadable(long timeoutNanos) throws IOException {
        register();
        return reader.await(() -> readable || closed, timeoutNanos);
    }

    boolean awaitWritable(long timeoutNanos) throws IOException {
        register();
        return writer.await(() -> writable || closed, timeoutNanos);
    }

    private synchronized void register() throws IOException {
        if (loop.inEventLoop()) {
            throw new IllegalStateException("a blocking socket must not be used on its event loop");
        }
        if (registered || closed) {
            return;
        }
        registered = true;
        Future<IoRegistration> registering;
        try {
            registering = loop.register(this);
        } catch (RejectedExecutionException _) {
            throw new IOException("the event loop of kernel sockets has been closed");
        }
        registering.addListener(future -> {
            if (future.isSuccess()) {
                registration = registering.getNow();
                registration.submit(OPS);
            } else {
                wakeBoth(); // Whoever waits tries again, and is told.
            }
        });
    }

    @Override
    public FileDescriptor fd() {
        return fd;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        EpollIoOps ops = ((EpollIoEvent) event).ops();
        boolean over = ops.contains(EpollIoOps.EPOLLERR); // a hang-up makes it readable and writable, too
        if (over || ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLRDHUP)) {
            readable = true;
            reader.signal();
        }
        if (over || ops.contains(EpollIoOps.EPOLLOUT)) {
            writable = true;
            writer.signal();
        }
    }

    /** Wakes who waits, and whoever will. */
    void stop() {
        closed = true;
        wakeBoth();
    }

    void wakeBoth() {
        readable = true;
        writable = true;
        reader.signal();
        writer.signal();
    }

    /** Takes the socket off the loop, and waits for that; afterwards the descriptor may be closed. */
    void leave() {
        boolean leaves;
        synchronized (this) {
            leaves = registered;
        }
        if (!leaves) {
            return;
        }
        Runnable cancel = () -> {
            if (registration != null) {
                registration.cancel();
            }
        };
        if (loop.inEventLoop()) {
            cancel.run();
            return;
        }
        try {
            loop.submit(cancel).awaitUninterruptibly();
        } catch (RejectedExecutionException _) {
            return; // With the loop its registrations have gone.
        }
    }

    @Override
    public void close() {
        stop(); // The loop ends.
    }
}
