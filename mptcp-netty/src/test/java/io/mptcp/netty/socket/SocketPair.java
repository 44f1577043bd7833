package io.mptcp.netty.socket;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/** Two hosts, as far as sockets show them: one connects, the other takes connections. */
interface SocketPair extends AutoCloseable {
    SocketFactory clients();

    ServerSocketFactory servers();

    /** Where the server is. */
    InetAddress address();

    default Socket connect(ServerSocket server) throws Exception {
        return clients().createSocket(address(), server.getLocalPort());
    }
}
