package io.mptcp.netty.socket;

import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A listener of the kernel's Multipath TCP for threads that block in accept. */
final class KernelListener implements ListeningSocket {
    private final KernelStreamSocket socket;
    private final KernelReadiness readiness;
    private final Supplier<IoEventLoop> loops;
    private final ReentrantLock accepting = new ReentrantLock();
    private final ReentrantLock control = new ReentrantLock();
    private volatile boolean closed;
    private volatile IpEndpoint local;

    /** @param loops where accepted connections wait */
    KernelListener(KernelStreamSocket socket, Supplier<IoEventLoop> loops) {
        this.socket = socket;
        this.loops = loops;
        this.readiness = new KernelReadiness(loops.get(), socket.fd());
    }

    @Override
    public void bind(IpEndpoint wanted) throws IOException {
        control.lock();
        try {
            ensureOpen();
            socket.setReuseAddress();
            socket.bind(wanted);
            local = socket.local();
        } catch (LinuxException e) {
            throw KernelStream.bindFailure(e);
        } finally {
            control.unlock();
        }
    }

    @Override
    public void listen(int backlog) throws IOException {
        control.lock();
        try {
            ensureOpen();
            socket.listen(backlog);
        } catch (LinuxException e) {
            throw KernelStream.bindFailure(e); // Two sockets may be bound to a port, but not both listen.
        } finally {
            control.unlock();
        }
    }

    @Override
    public StreamSocket accept(long timeoutNanos) throws IOException {
        accepting.lock();
        try {
            long startNanos = System.nanoTime();
            while (true) {
                ensureOpen();
                readiness.beginRead();
                KernelStreamSocket accepted = closed ? null : socket.accept();
                if (accepted != null) {
                    return KernelStream.accepted(accepted, loops.get());
                }
                long leftNanos = Waiter.leftNanos(timeoutNanos, startNanos);
                if (!closed && !readiness.awaitReadable(leftNanos)) {
                    throw new SocketTimeoutException("Accept timed out");
                }
            }
        } catch (LinuxException e) {
            throw new SocketException(e.getMessage(), e);
        } finally {
            accepting.unlock();
        }
    }

    @Override
    public void close() {
        control.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            control.unlock();
        }
        readiness.stop();
        accepting.lock();
        control.lock();
        try {
            readiness.leave();
            socket.close();
        } finally {
            control.unlock();
            accepting.unlock();
        }
    }

    @Override
    public IpEndpoint local() {
        return local;
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        control.lock();
        try {
            ensureOpen();
            KernelOptions.set(socket, option, value);
        } finally {
            control.unlock();
        }
    }

    @Override
    public <T> T getOption(SocketOption<T> option) throws IOException {
        control.lock();
        try {
            ensureOpen();
            return KernelOptions.get(socket, option);
        } finally {
            control.unlock();
        }
    }

    private void ensureOpen() throws SocketException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
    }
}
