package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;

/** One listening socket, of the stack or of the kernel. Accepts are called by one thread at a time, the rest by any. */
interface ListeningSocket extends AnySocket {
    /** @param local {@code ANY} for every address; port 0 for a free one */
    void bind(IpEndpoint local) throws IOException;

    /** @param backlog connections that may wait for {@link #accept} */
    void listen(int backlog) throws IOException;

    /**
     * Waits for a connection.
     *
     * @param timeoutNanos or {@link Waiter#FOREVER}
     */
    StreamSocket accept(long timeoutNanos) throws IOException;

    /** Connections nobody has accepted are reset; a thread in {@link #accept} gets {@code SocketException: Socket closed}. */
    @Override
    void close() throws IOException;
}
