package io.mptcp.netty.host;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.stack.MptcpConnection;

/** Gets the connections that a listener accepts. */
@FunctionalInterface
public interface AcceptHandler {
    /**
     * A connection is there. Called on the event loop that has it from now on.
     *
     * @param uplinks where it came in; only they, on their loop, may touch it
     * @return what gets its readiness, beginning with what came together with the connection
     */
    ConnectionHandler accepted(Uplinks uplinks, MptcpConnection connection);
}
