package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import java.net.InetAddress;
import java.net.SocketException;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/** {@link SocketSemantics} over the Multipath TCP of the kernel. */
class KernelSocketTest extends SocketSemantics {
    @Override
    SocketPair open() {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        return new KernelPair();
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
