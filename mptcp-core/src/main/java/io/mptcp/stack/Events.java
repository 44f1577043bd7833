package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.spi.Tracer;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.wire.IpEndpoint;

/** Tells the {@link Tracer} what happens, in {@link PathEvent}s made of what the engine knows. */
final class Events {
    private final Stack stack;
    private final Containment containment;
    private final Tracer tracer;

    Events(Stack stack, Containment containment) {
        this.stack = stack;
        this.containment = containment;
        tracer = stack.config().tracer();
    }

    /** @param subflow null for what concerns the connection as a whole */
    void of(PathEvent.Type type, Connection connection, Subflow subflow, String detail) {
        if (!isTraced()) {
            return;
        }
        boolean deniesJoin = connection.handshake().peerDeniesJoinToInitialAddress();
        if (subflow == null) {
            trace(new PathEvent(type, stack.nowNanos(), token(connection), -1, connection.linkId(), 0, 0, connection.local(), connection.remote(), false,
                    isServer(connection), deniesJoin, 0, -1, 0, detail));
        } else {
            trace(new PathEvent(type, stack.nowNanos(), token(connection), subflow.id, subflow.linkId, subflow.localAddressId,
                    subflow.isJoin ? subflow.remoteAddressId : 0, subflow.local(), subflow.remote(), subflow.isBackup(), isServer(connection), deniesJoin,
                    error(subflow.closeReason), subflow.receivedResetReason, subflow.receivedResetFlags, detail));
        }
    }

    /** The peer announced an address, or took it back. @param remote null then */
    void ofAddress(PathEvent.Type type, Connection connection, int remId, IpEndpoint remote) {
        if (isTraced()) {
            trace(new PathEvent(type, stack.nowNanos(), token(connection), -1, -1, -1, remId, null, remote, false, isServer(connection),
                    connection.handshake().peerDeniesJoinToInitialAddress(), 0, -1, 0, ""));
        }
    }

    void ofPath(PathEvent.Type type, int linkId) {
        if (isTraced()) {
            trace(PathEvent.ofPath(type, stack.nowNanos(), linkId, ""));
        }
    }

    void ofListener(PathEvent.Type type, Listener listener) {
        if (isTraced()) {
            trace(PathEvent.ofListener(type, stack.nowNanos(), listener.local()));
        }
    }

    private boolean isTraced() {
        return tracer != Tracer.NONE;
    }

    /** A tracer that throws has seen its event, and nothing else is the worse for it. */
    private void trace(PathEvent event) {
        try {
            tracer.event(event);
        } catch (RuntimeException e) {
            containment.report(null, e);
        }
    }

    private static int token(Connection connection) {
        return connection.data().sequence.localToken();
    }

    private static boolean isServer(Connection connection) {
        return connection.listener() != null;
    }

    /** As errno has it on Linux. */
    private static int error(TcpCloseReason reason) {
        return reason == null ? 0 : switch (reason) {
            case FINISHED -> 0;
            case REFUSED -> 111;
            case UNREACHABLE -> 113;
            case RESET -> 104;
            case TIMED_OUT -> 110;
            case ABORTED -> 103;
        };
    }
}
