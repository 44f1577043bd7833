package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** What {@link java.net.Socket} asks of a socket, asked of a {@link StreamSocket}: states, locks and timeouts as in the JDK's own implementation. */
final class MptcpSocketImpl extends OptionedSocketImpl {
    private final SocketMaker<StreamSocket> maker;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    private volatile StreamSocket stream;
    private volatile boolean connected;
    private volatile boolean endOfInput;

    /** @param maker makes what is to be connected; null for a socket that is to be accepted */
    MptcpSocketImpl(SocketMaker<StreamSocket> maker) {
        super(SocketSettings.CLIENT, false);
        this.maker = maker;
    }

    @Override
    StreamSocket below() {
        return stream;
    }

    /** Becomes the socket of an accepted connection. */
    void accepted(StreamSocket accepted) {
        accepted.closeWith(this);
        stream = accepted;
        connectedNow();
    }

    private void connectedNow() {
        IpEndpoint remote = stream.remote();
        address = Addresses.inetAddress(remote.address());
        port = remote.port();
        localport = stream.local().port();
        connected = true;
    }

    @Override
    protected void create(boolean isStream) throws IOException {
        if (!isStream) {
            throw new IOException("Datagram socket creation not supported");
        }
        if (maker != null) {
            StreamSocket made = maker.make();
            made.closeWith(this);
            stream = made;
        }
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(SocketAddress remote, int millis) throws IOException {
        IpEndpoint endpoint = Addresses.remote(remote);
        try {
            readLock.lock();
            try {
                ensureOpen();
                if (connected) {
                    throw new SocketException("Already connected");
                }
                stream.connect(endpoint, millis);
                connectedNow();
            } finally {
                readLock.unlock();
            }
        } catch (SocketTimeoutException e) {
            close();
            throw e;
        } catch (InterruptedIOException _) {
            close();
            throw new SocketException("Closed by interrupt");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        ensureOpen();
        stream.bind(Addresses.endpoint(host, port));
        address = host;
        IpEndpoint local = stream.local();
        localport = local == null ? 0 : local.port();
    }

    @Override
    protected void listen(int backlog) throws IOException {
        throw new SocketException("not a server socket");
    }

    @Override
    protected void accept(SocketImpl s) throws IOException {
        throw new SocketException("not a server socket");
    }

    @Override
    protected InputStream getInputStream() {
        return new In();
    }

    @Override
    protected OutputStream getOutputStream() {
        return new Out();
    }

    private int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        long nanos = lock(readLock, timeoutMillis());
        try {
            if (endOfInput) {
                return -1; // Also after close, as the JDK has always done.
            }
            int count = stream.read(target, offset, length, nanos);
            endOfInput = count < 0;
            return count;
        } finally {
            readLock.unlock();
        }
    }

    /** @return what is left of the time to wait */
    static long lock(ReentrantLock lock, int millis) throws SocketTimeoutException {
        if (millis == 0) {
            lock.lock();
            return Waiter.FOREVER;
        }
        if (lock.tryLock()) {
            return TimeUnit.MILLISECONDS.toNanos(millis);
        }
        long startNanos = System.nanoTime();
        long totalNanos = TimeUnit.MILLISECONDS.toNanos(millis);
        boolean interrupted = false;
        try {
            long remainingNanos = totalNanos;
            while (remainingNanos > 0) {
                try {
                    boolean locked = lock.tryLock(remainingNanos, TimeUnit.NANOSECONDS);
                    remainingNanos = totalNanos - (System.nanoTime() - startNanos);
                    if (locked) {
                        return Math.max(1, remainingNanos);
                    }
                } catch (InterruptedException _) {
                    interrupted = true;
                    remainingNanos = totalNanos - (System.nanoTime() - startNanos);
                }
            }
            throw new SocketTimeoutException("Read timed out");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        if (length == 0) {
            return;
        }
        writeLock.lock();
        try {
            stream.write(source, offset, length);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    protected int available() throws IOException {
        ensureOpen();
        return stream.available();
    }

    @Override
    protected void shutdownInput() throws IOException {
        ensureConnected();
        stream.shutdownInput();
    }

    @Override
    protected void shutdownOutput() throws IOException {
        ensureConnected();
        stream.shutdownOutput();
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        throw new SocketException("Urgent data not supported"); // MPTCP has none (RFC 8684 has no mapping for the urgent pointer)
    }

    /** There is no urgent data that could be put in line. */
    @Override
    public void setOption(int option, Object value) throws SocketException {
        if (option == SO_OOBINLINE) {
            ensureOpen();
        } else {
            super.setOption(option, value);
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        if (option == SO_OOBINLINE) {
            ensureOpen();
            return false;
        }
        return super.getOption(option);
    }

    private void ensureConnected() throws SocketException {
        ensureOpen();
        if (!connected) {
            throw new SocketException("Not connected");
        }
    }

    private final class In extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return MptcpSocketImpl.this.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            return MptcpSocketImpl.this.available();
        }

        @Override
        public void close() throws IOException {
            MptcpSocketImpl.this.close();
        }
    }

    private final class Out extends OutputStream {
        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            MptcpSocketImpl.this.write(source, offset, length);
        }

        @Override
        public void close() throws IOException {
            MptcpSocketImpl.this.close();
        }
    }
}
