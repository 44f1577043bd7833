package io.mptcp.netty;

import io.mptcp.stack.MptcpConnection;

/** Gets the readiness of a connection; the attachment of every connection that {@link MptcpDriver} runs, and of every listener. */
@FunctionalInterface
public interface ConnectionHandler {
    /**
     * Called on the event loop. For a new passive connection it is the listener's handler that is called, with
     * {@link io.mptcp.stack.Readiness#ACCEPTED}; it may {@link MptcpConnection#attach} another one for what follows.
     *
     * @param readiness bits of {@link io.mptcp.stack.Readiness}
     */
    void ready(MptcpConnection connection, int readiness);
}
