package io.mptcp.netty.socket;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketException;

/** A {@link ServerSocket} that takes Multipath TCP connections (RFC 8684) and plain ones. Made by {@link MptcpServerSocketFactory}. */
public final class MptcpServerSocket extends ServerSocket {
    MptcpServerSocket(MptcpServerSocketImpl impl) {
        super(impl);
    }

    /** As {@link ServerSocket#accept}; the socket is an {@link MptcpSocket}. */
    @Override
    public MptcpSocket accept() throws IOException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
        if (!isBound()) {
            throw new SocketException("Socket is not bound yet");
        }
        MptcpSocket socket = new MptcpSocket(new MptcpSocketImpl(null));
        implAccept(socket);
        return socket;
    }
}
