package io.mptcp.netty.socket;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/** What {@link java.net.ServerSocket} asks of a socket, asked of a {@link ListeningSocket}. */
final class MptcpServerSocketImpl extends OptionedSocketImpl {
    /** What the JDK takes for a backlog that is not positive. */
    private static final int DEFAULT_BACKLOG = 50;

    private final SocketMaker<ListeningSocket> maker;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private volatile ListeningSocket listener;

    MptcpServerSocketImpl(SocketMaker<ListeningSocket> maker) {
        super(SocketSettings.SERVER, true);
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
            nanos = MptcpSocketImpl.lock(acceptLock, timeoutMillis());
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
    ListeningSocket below() {
        return listener;
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
