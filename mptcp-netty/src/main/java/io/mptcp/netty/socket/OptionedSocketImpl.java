package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Set;

/** The options {@code java.net} asks of a socket, by name and by number: those it keeps itself, and those of the socket below. */
abstract class OptionedSocketImpl extends SocketImpl {
    private final Set<SocketOption<?>> supported;
    private volatile int timeoutMillis;
    private volatile boolean reuseAddress;
    private volatile boolean closed;

    /** @param reuseAddress what SO_REUSEADDR is by default */
    OptionedSocketImpl(Set<SocketOption<?>> supported, boolean reuseAddress) {
        this.supported = supported;
        this.reuseAddress = reuseAddress;
    }

    /** Null before there is one. */
    abstract AnySocket below();

    /** SO_TIMEOUT; 0 for no end. */
    int timeoutMillis() {
        return timeoutMillis;
    }

    @Override
    protected void close() throws IOException {
        closed = true;
        AnySocket current = below();
        if (current != null) {
            current.close();
        }
    }

    void ensureOpen() throws SocketException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
        if (below() == null) {
            throw new SocketException("Not created");
        }
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return supported;
    }

    @Override
    protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
        SocketSettings.check(supported, option, value);
        ensureOpen();
        if (option == StandardSocketOptions.SO_REUSEADDR) {
            reuseAddress = (Boolean) value;
        } else {
            below().setOption(option, value);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    protected <T> T getOption(SocketOption<T> option) throws IOException {
        SocketSettings.check(supported, option);
        ensureOpen();
        return option == StandardSocketOptions.SO_REUSEADDR ? (T) (Boolean) reuseAddress : below().getOption(option);
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        ensureOpen();
        if (option == SO_TIMEOUT) {
            timeoutMillis = SocketSettings.timeout(value);
            return;
        }
        SocketOption<Object> named = named(option);
        try {
            setOption(named, option == SO_LINGER && Boolean.FALSE.equals(value) ? (Object) (-1) : value);
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
            IpEndpoint local = below().local();
            return local == null || local.address().isAny() ? new InetSocketAddress(0).getAddress() : Addresses.inetAddress(local.address());
        }
        SocketOption<Object> named = named(option);
        try {
            Object value = getOption(named);
            return option == SO_LINGER && (Integer) value < 0 ? (Object) false : value;
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw new SocketException(e.getMessage(), e);
        }
    }

    private SocketOption<Object> named(int option) throws SocketException {
        SocketOption<Object> named = SocketSettings.named(option);
        if (named == null || !supported.contains(named)) {
            throw new SocketException("Unknown option " + option);
        }
        return named;
    }
}
