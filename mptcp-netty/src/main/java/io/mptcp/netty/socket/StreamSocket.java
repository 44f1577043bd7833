package io.mptcp.netty.socket;

import io.mptcp.stack.MptcpInfo;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;

/**
 * One stream socket, of the stack or of the kernel. Reads are called by one thread at a time, and so are writes; the rest by any thread. After
 * {@link #close} calls fail with the JDK's {@code SocketException: Socket closed}.
 */
interface StreamSocket extends AnySocket {
    /** Closes this socket some time after nobody has the owner any more. */
    void closeWith(Object owner);

    /** Where to connect from; {@code ANY} and 0 leave it open. */
    void bind(IpEndpoint local) throws IOException;

    /** @param timeoutMillis 0 for as long as the stack tries */
    void connect(IpEndpoint remote, int timeoutMillis) throws IOException;

    /**
     * Waits for bytes.
     *
     * @param timeoutNanos or {@link Waiter#FOREVER}
     * @return how many were read, at least 1; -1 at the end of the stream
     */
    int read(byte[] target, int offset, int length, long timeoutNanos) throws IOException;

    /** Waits until all bytes have been taken over. */
    void write(byte[] source, int offset, int length) throws IOException;

    /** Bytes that can be read without waiting. */
    int available() throws IOException;

    /** What the peer has sent and will send is taken and thrown away; reads return the end of the stream. */
    void shutdownInput() throws IOException;

    /** The peer gets the end of the stream behind what was written. */
    void shutdownOutput() throws IOException;

    /** Ends both directions, and whatever call is under way. What was written is still sent, unless SO_LINGER is 0. */
    @Override
    void close() throws IOException;

    /** Null when not connected. */
    IpEndpoint remote();

    /** {@code MPTCP_INFO}; null when not connected, or where it is plain TCP of the kernel. */
    MptcpInfo mptcpInfo() throws IOException;
}
