package io.mptcp.netty.socket;

/** Shows that {@link SocketSemantics} are those of the JDK's sockets. */
class PlainSocketTest extends SocketSemantics {
    @Override
    SocketPair open() {
        return new PlainPair();
    }
}
