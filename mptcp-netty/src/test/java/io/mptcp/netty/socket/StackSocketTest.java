package io.mptcp.netty.socket;

/** {@link SocketSemantics} over this stack: two paths of UDP links on the loopback interface; needs no privileges. */
class StackSocketTest extends SocketSemantics {
    @Override
    SocketPair open() throws Exception {
        return new StackPair();
    }
}
