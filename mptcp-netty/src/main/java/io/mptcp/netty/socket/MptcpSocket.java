package io.mptcp.netty.socket;

import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;

/**
 * A {@link Socket} whose connection is Multipath TCP (RFC 8684), or plain TCP where the other side has nothing better. Made by
 * {@link MptcpSocketFactory} and {@link MptcpServerSocket#accept}; used as any other, from platform threads and virtual ones.
 *
 * <p>Differences to a socket of the JDK: there is no urgent data, which MPTCP cannot carry, SO_REUSEPORT is not known, and a
 * socket of the stack cannot choose its local port, only its address. An interrupt ends what a
 * virtual thread waits for, and closes the socket; it does not disturb a platform thread. Both are as the JDK has it.
 */
public final class MptcpSocket extends Socket {
    private final MptcpSocketImpl impl;

    MptcpSocket(MptcpSocketImpl impl) throws SocketException {
        super(impl);
        this.impl = impl;
    }

    /**
     * The connection in the kernel's terms ({@code struct mptcp_info}).
     *
     * @return null before it is connected
     * @throws SocketException when the stack has been closed
     */
    public MptcpInfo mptcpInfo() throws IOException {
        StreamSocket stream = impl.below();
        return stream == null ? null : stream.mptcpInfo();
    }

    /**
     * The subflows there are, and the last of those that have closed.
     *
     * @throws SocketException when the stack has been closed
     */
    public List<SubflowInfo> subflows() throws IOException {
        return impl.below() instanceof StackStream stream ? stream.subflows() : List.of();
    }
}
