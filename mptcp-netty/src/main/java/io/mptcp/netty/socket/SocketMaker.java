package io.mptcp.netty.socket;

import java.io.IOException;

/** Makes what lies below a socket. */
@FunctionalInterface
interface SocketMaker<T> {
    T make() throws IOException;
}
