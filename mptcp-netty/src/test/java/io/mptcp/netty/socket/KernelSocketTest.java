package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.stack.MptcpInfo;
import java.net.InetAddress;
import java.net.SocketException;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

/** {@link SocketSemantics} over the Multipath TCP of the kernel. */
class KernelSocketTest extends SocketSemantics {
    @Override
    SocketPair open() {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        return new KernelPair();
    }

    @Test
    void tellsOfTheConnectionWhatTheKernelDoes() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        try (MptcpServerSocket listener = MptcpServerSocketFactory.kernel().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
                MptcpSocket client = MptcpSocketFactory.auto(null).createSocket(listener.getInetAddress(), listener.getLocalPort());
                MptcpSocket server = listener.accept()) {
            client.getOutputStream().write(new byte[1000]);
            assertEquals(1000, server.getInputStream().readNBytes(1000).length);
            MptcpInfo info = server.mptcpInfo();
            assertEquals(0, info.flags() & MptcpInfo.FLAG_FALLBACK);
            assertNotEquals(0, info.token());
            assertNotEquals(client.mptcpInfo().token(), info.token());
            // Data sequence numbers of one direction are the same on both sides (RFC 8684 section 3.3).
            assertEquals(client.mptcpInfo().writeSeq(), info.rcvNxt());
        }
    }

    /** Both ends on the loopback interface. */
    static final class KernelPair implements SocketPair {
        @Override
        public SocketFactory clients() {
            try {
                return MptcpSocketFactory.kernel();
            } catch (SocketException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public ServerSocketFactory servers() {
            try {
                return MptcpServerSocketFactory.kernel();
            } catch (SocketException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public InetAddress address() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public void close() {
        }
    }
}
