package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.wire.IpAddress;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program may make a factory for every request. */
@Timeout(60)
class SocketStackTest {
    @Test
    void whatNobodyUsesAnyMoreIsForgottenByTheStack() throws Exception {
        try (MptcpStack stack = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build()) {
            awaitGone(new WeakReference<>(sockets(stack).shards().getFirst()));
            awaitGone(used(stack));
        }
    }

    private static StackSockets sockets(MptcpStack stack) {
        return new StackSockets(stack, UnaryOperator.identity());
    }

    private static WeakReference<SocketStack> used(MptcpStack stack) throws Exception {
        StackSockets sockets = sockets(stack);
        try (ServerSocket listener = MptcpServerSocketFactory.over(stack).createServerSocket(0);
                Socket socket = new MptcpSocket(new MptcpSocketImpl(sockets::newStream))) {
            socket.connect(new InetSocketAddress("127.0.0.1", listener.getLocalPort()));
            socket.getOutputStream().write(1);
            try (Socket accepted = listener.accept()) {
                assertEquals(1, accepted.getInputStream().read());
            }
            assertEquals(-1, socket.getInputStream().read());
        }
        return new WeakReference<>(sockets.shards().getFirst());
    }

    private static void awaitGone(WeakReference<?> reference) {
        while (reference.get() != null) {
            System.gc();
        }
    }
}
