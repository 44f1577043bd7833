package io.mptcp.sim.socket;

import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Listener;
import io.mptcp.stack.Stack;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/** TCP Fast Open as Linux's sockets have it: bits of {@code net.ipv4.tcp_fastopen}, MSG_FASTOPEN and the TCP_FASTOPEN options. */
final class FastOpenCalls {
    private static final int CLIENT = 0x1;
    private static final int SERVER = 0x2;
    private static final int CLIENT_WITHOUT_COOKIE = 0x4;
    private static final int SERVER_WITHOUT_COOKIE = 0x200;
    private static final int EVERY_LISTENER = 0x400;

    private final Stack stack;
    private final VirtualHost host;
    private final IntSupplier bits;

    FastOpenCalls(VirtualHost host, IntSupplier bits) {
        this.host = host;
        this.bits = bits;
        stack = host.stack();
    }

    // ---- passive ----

    /** A listener began, or its options changed. */
    void configure(VirtualSocket socket) {
        Listener listener = socket.listener;
        int now = bits.getAsInt();
        boolean on = (now & SERVER) != 0 && (socket.fastOpenQueue > 0 || (now & EVERY_LISTENER) != 0);
        listener.setFastOpenQueue(!on ? 0 : socket.fastOpenQueue > 0 ? socket.fastOpenQueue : Math.max(socket.backlog, 1));
        ByteBuffer keys = ByteBuffer.wrap(socket.fastOpenKeys).order(ByteOrder.LITTLE_ENDIAN);
        listener.setFastOpenKeys(key(keys), key(keys));
        listener.setFastOpenCookieRequired((now & SERVER_WITHOUT_COOKIE) == 0 && !socket.fastOpenNoCookie);
    }

    private static long[] key(ByteBuffer keys) {
        return keys.hasRemaining() ? new long[] {keys.getLong(), keys.getLong()} : null;
    }

    // ---- active ----

    boolean mayOpen() {
        return (bits.getAsInt() & CLIENT) != 0;
    }

    private boolean needsNoCookie(VirtualSocket socket) {
        return socket.fastOpenNoCookie || (bits.getAsInt() & CLIENT_WITHOUT_COOKIE) != 0;
    }

    ConnectOptions options(VirtualSocket socket, ConnectOptions options) {
        return options.withFastOpen(mayOpen()).withFastOpenWithoutCookie(needsNoCookie(socket));
    }

    /** How much could go with a SYN, -1 when there is no cookie. */
    int roomBytes(VirtualSocket socket, IpAddress local, IpEndpoint remote) {
        if (!mayOpen()) {
            return -1;
        }
        int linkId = host.linkOf(local);
        return needsNoCookie(socket) ? stack.fastOpenRoomWithoutCookieBytes(linkId, remote.address(), socket.options)
                : stack.fastOpenRoomBytes(linkId, remote.address(), socket.options);
    }
}
