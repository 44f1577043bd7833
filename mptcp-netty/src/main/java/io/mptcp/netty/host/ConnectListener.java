package io.mptcp.netty.host;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;

/** Hears how {@link Uplinks#connect} ended: one of the two methods is called once, on the event loop, unless it was cancelled. */
public interface ConnectListener {
    /**
     * The connection is there. The listener attaches a {@link io.mptcp.netty.ConnectionHandler} to it, which then gets the readiness that
     * came with the connection and everything later.
     */
    void connected(MptcpConnection connection);

    /** No path led to the destination. @param reason REFUSED when any path was answered with a reset, else what the last one met with */
    void failed(CloseReason reason);
}
