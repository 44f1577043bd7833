package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.net.SocketOption;

/** One listening socket, of the stack or of the kernel. Accepts are called by one thread at a time, the rest by any. */
interface ListeningSocket {
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
    void close() throws IOException;

    /** Null before {@link #bind}. */
    IpEndpoint local();

    /** An option of {@link SocketSettings#SERVER} except SO_TIMEOUT; type and value have been checked. */
    <T> void setOption(SocketOption<T> option, T value) throws IOException;

    <T> T getOption(SocketOption<T> option) throws IOException;
}
