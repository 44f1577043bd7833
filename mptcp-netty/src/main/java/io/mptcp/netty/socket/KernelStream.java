package io.mptcp.netty.socket;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A connection of the kernel's Multipath TCP for threads that block: they make the system calls themselves, and park when there is nothing to do. */
final class KernelStream implements StreamSocket {
    private static final class Cleaners {
        /** One thread for all sockets, from the first on. */
        static final Cleaner CLEANER = Cleaner.create();
    }

    private final KernelStreamSocket socket;
    private final KernelReadiness readiness;
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock control = new ReentrantLock();
    private volatile boolean closed;
    private volatile boolean inputShut;
    private volatile boolean reset;
    private volatile int lingerSeconds = -1;
    private volatile int trafficClass;
    private volatile IpEndpoint local;
    private volatile IpEndpoint remote;

    KernelStream(KernelStreamSocket socket, IoEventLoop loop) {
        this.socket = socket;
        this.readiness = new KernelReadiness(loop, socket.fd());
    }

    static KernelStream accepted(KernelStreamSocket socket, IoEventLoop loop) throws IOException {
        KernelStream stream = new KernelStream(socket, loop);
        try {
            stream.local = socket.local();
            stream.remote = socket.remote();
            return stream;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void closeWith(Object owner) {
        KernelStream self = this; // the owner does not hold on to itself by this
        Cleaners.CLEANER.register(owner, () -> {
            try {
                self.close();
            } catch (IOException _) {
                // There is nobody to tell.
            }
        });
    }

    @Override
    public void bind(IpEndpoint wanted) throws IOException {
        control.lock();
        try {
            ensureOpen();
            socket.bind(wanted);
            local = socket.local();
        } catch (LinuxException e) {
            throw bindFailure(e);
        } finally {
            control.unlock();
        }
    }

    static BindException bindFailure(LinuxException e) {
        BindException failure = new BindException(e.errno() == Errno.EADDRINUSE ? "Address already in use" : e.getMessage());
        failure.initCause(e);
        return failure;
    }

    @Override
    public void connect(IpEndpoint wanted, int timeoutMillis) throws IOException {
        writing.lock();
        try {
            ensureOpen();
            readiness.beginWrite();
            int result = socket.connect(wanted);
            if (result == -Errno.EINPROGRESS) {
                boolean answered = readiness.awaitWritable(timeoutMillis == 0 ? Waiter.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis));
                ensureOpen();
                if (!answered) {
                    throw new SocketTimeoutException("Connect timed out");
                }
                result = -socket.error();
            }
            if (result < 0) {
                throw connectFailure(-result);
            }
            local = socket.local();
            remote = wanted;
        } finally {
            writing.unlock();
        }
    }

    private static IOException connectFailure(int errno) {
        return switch (errno) {
            case Errno.ECONNREFUSED -> new ConnectException("Connection refused");
            case Errno.ECONNRESET -> new ConnectException("Connection reset");
            case Errno.ETIMEDOUT -> new ConnectException("Connection timed out");
            case Errno.ENETUNREACH -> new ConnectException("Network is unreachable");
            case Errno.EHOSTUNREACH -> new NoRouteToHostException("No route to host");
            default -> new ConnectException(Errno.text(errno));
        };
    }

    @Override
    public int read(byte[] target, int offset, int length, long timeoutNanos) throws IOException {
        reading.lock();
        try {
            long startNanos = System.nanoTime();
            while (true) {
                ensureOpen();
                if (reset) {
                    throw new SocketException("Connection reset");
                }
                if (inputShut) {
                    return -1;
                }
                readiness.beginRead();
                int count = closed || inputShut ? -Errno.EAGAIN : socket.receive(target, offset, length);
                if (count >= 0) {
                    return count == 0 ? -1 : count;
                }
                if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
                    long leftNanos = Waiter.leftNanos(timeoutNanos, startNanos);
                    if (!closed && !inputShut && !readiness.awaitReadable(leftNanos)) {
                        throw new SocketTimeoutException("Read timed out");
                    }
                } else if (count == -Errno.ECONNRESET) {
                    reset = true;
                } else {
                    throw new SocketException(Errno.text(-count));
                }
            }
        } finally {
            reading.unlock();
        }
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        writing.lock();
        try {
            int done = 0;
            while (done < length) {
                ensureOpen();
                readiness.beginWrite();
                int count = closed ? -Errno.EAGAIN : socket.send(source, offset + done, length - done);
                if (count > 0) {
                    done += count;
                } else if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
                    if (!closed) {
                        readiness.awaitWritable(Waiter.FOREVER);
                    }
                } else {
                    reset |= count == -Errno.ECONNRESET;
                    throw new SocketException(count == -Errno.EPIPE ? "Broken pipe" : count == -Errno.ECONNRESET ? "Connection reset" : Errno.text(-count));
                }
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public int available() throws IOException {
        return controlled(() -> inputShut ? 0 : Math.max(0, socket.available()));
    }

    @Override
    public void shutdownInput() throws IOException {
        inputShut = true;
        controlled(() -> socket.shutdown(0));
        readiness.wakeBoth();
    }

    @Override
    public void shutdownOutput() throws IOException {
        controlled(() -> socket.shutdown(1));
        readiness.wakeBoth();
    }

    /** The descriptor is closed when nobody is in a call: its number may be another's at once. */
    @Override
    public void close() throws IOException {
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
        if (lingerSeconds != 0) {
            socket.shutdown(1); // As the JDK does: the peer reads the end of the stream before it may meet a reset.
        }
        reading.lock();
        writing.lock();
        control.lock();
        try {
            readiness.leave();
            socket.close();
        } finally {
            control.unlock();
            writing.unlock();
            reading.unlock();
        }
    }

    @Override
    public IpEndpoint local() {
        return local;
    }

    @Override
    public IpEndpoint remote() {
        return remote;
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        controlled(() -> {
            if (option == StandardSocketOptions.SO_LINGER) {
                lingerSeconds = Math.max(-1, (Integer) value);
                socket.setLinger(lingerSeconds);
            } else {
                KernelOptions.set(socket, option, value);
                trafficClass = option == StandardSocketOptions.IP_TOS ? (Integer) value : trafficClass;
            }
            return 0;
        });
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(SocketOption<T> option) throws IOException {
        return controlled(() -> option == StandardSocketOptions.SO_LINGER ? (T) (Integer) lingerSeconds
                : option == StandardSocketOptions.IP_TOS ? (T) (Integer) trafficClass : KernelOptions.get(socket, option));
    }

    @Override
    public MptcpInfo mptcpInfo() throws IOException {
        return remote == null ? null : controlled(socket::info);
    }

    @FunctionalInterface
    private interface Action<T> {
        T run() throws IOException;
    }

    private <T> T controlled(Action<T> action) throws IOException {
        control.lock();
        try {
            ensureOpen();
            return action.run();
        } catch (LinuxException e) {
            throw new SocketException(e.getMessage(), e);
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
