package io.mptcp.netty.socket;

import java.net.InetAddress;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/** Sockets of the JDK: what the others are measured by. */
final class PlainPair implements SocketPair {
    @Override
    public SocketFactory clients() {
        return SocketFactory.getDefault();
    }

    @Override
    public ServerSocketFactory servers() {
        return ServerSocketFactory.getDefault();
    }

    @Override
    public InetAddress address() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public void close() {
    }
}
