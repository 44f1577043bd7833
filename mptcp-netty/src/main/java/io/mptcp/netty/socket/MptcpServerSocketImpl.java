package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** What {@link java.net.ServerSocket} asks of a socket, asked of a {@link ListeningSocket}. */
final class MptcpServerSocketImpl extends SocketImpl {
    /** What the JDK takes for a backlog that is not positive. */
    private static final int DEFAULT_BACKLOG = 50;

    private final SocketMaker<ListeningSocket> maker;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private volatile ListeningSocket listener;
    private volatile boolean closed;
    private volatile int timeoutMillis;
    private volatile boolean reuseAddress = true;

    MptcpServerSocketImpl(SocketMaker<ListeningSocket> maker) {
        this.maker = maker;
    }

    @Override
    protected void create(boolean isStream) throws IOException {
        if (!isStream) {
            throw new IOException("Datagram socket creation not supported");
        }
        listener = maker.make();
    }

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        ensureOpen();
        listener.bind(Addresses.endpoint(host, port));
        address = host;
        localport = listener.local().port();
    }

    @Override
    protected void listen(int backlog) throws IOException {
        ensureOpen();
        listener.listen(backlog < 1 ? DEFAULT_BACKLOG : backlog);
        localport = listener.local().port();
    }

    @Override
    protected void accept(SocketImpl socket) throws IOException {
        long nanos;
        try {
            nanos = MptcpSocketImpl.lock(acceptLock, timeoutMillis);
        } catch (SocketTimeoutException _) {
            throw new SocketTimeoutException("Accept timed out");
        }
        try {
            ensureOpen();
            ((MptcpSocketImpl) socket).accepted(listener.accept(nanos));
        } finally {
            acceptLock.unlock();
        }
    }

    @Override
    protected void close() throws IOException {
        closed = true;
        ListeningSocket current = listener;
        if (current != null) {
            current.close();
        }
    }

    private void ensureOpen() throws SocketException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
        if (listener == null) {
            throw new SocketException("Not created");
        }
    }

    // ---- options ----

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return SocketSettings.SERVER;
    }

    @Override
    protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
        SocketSettings.check(SocketSettings.SERVER, option, value);
        ensureOpen();
        if (option == StandardSocketOptions.SO_REUSEADDR) {
            reuseAddress = (Boolean) value;
        } else {
            listener.setOption(option, value);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    protected <T> T getOption(SocketOption<T> option) throws IOException {
        SocketSettings.check(SocketSettings.SERVER, option);
        ensureOpen();
        return option == StandardSocketOptions.SO_REUSEADDR ? (T) (Boolean) reuseAddress : listener.getOption(option);
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        ensureOpen();
        if (option == SO_TIMEOUT) {
            timeoutMillis = SocketSettings.timeout(value);
            return;
        }
        SocketOption<Object> named = SocketSettings.named(option);
        if (named == null || !SocketSettings.SERVER.contains(named)) {
            throw new SocketException("Unknown option " + option);
        }
        try {
            setOption(named, value);
        } catch (SocketException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new SocketException(e.getMessage(), e);
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        ensureOpen();
        if (option == SO_TIMEOUT) {
            return timeoutMillis;
        }
        if (option == SO_BINDADDR) {
            IpEndpoint local = listener.local();
            return local == null || local.address().isAny() ? new InetSocketAddress(0).getAddress() : Addresses.inetAddress(local.address());
        }
        SocketOption<Object> named = SocketSettings.named(option);
        if (named == null || !SocketSettings.SERVER.contains(named)) {
            throw new SocketException("Unknown option " + option);
        }
        try {
            return getOption(named);
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw new SocketException(e.getMessage(), e);
        }
    }

    // ---- what a server socket is never asked ----

    @Override
    protected void connect(String host, int port) throws IOException {
        throw noStream();
    }

    @Override
    protected void connect(InetAddress host, int port) throws IOException {
        throw noStream();
    }

    @Override
    protected void connect(SocketAddress remote, int millis) throws IOException {
        throw noStream();
    }

    @Override
    protected InputStream getInputStream() throws IOException {
        throw noStream();
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        throw noStream();
    }

    @Override
    protected int available() throws IOException {
        throw noStream();
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        throw noStream();
    }

    private static SocketException noStream() {
        return new SocketException("a server socket");
    }
}
