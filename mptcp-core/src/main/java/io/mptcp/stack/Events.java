package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.wire.IpEndpoint;

/** Makes {@link PathEvent}s of what the engine knows. */
final class Events {
    private Events() {
    }

    /** @param subflow null for what concerns the connection as a whole */
    static PathEvent of(PathEvent.Type type, long nowNanos, Connection connection, Subflow subflow, String detail) {
        if (subflow == null) {
            return new PathEvent(type, nowNanos, token(connection), -1, connection.linkId(), 0, 0, connection.local(), connection.remote(), false,
                    isServer(connection), connection.handshake().peerDeniesJoinToInitialAddress(), 0, -1, 0, detail);
        }
        return new PathEvent(type, nowNanos, token(connection), subflow.id, subflow.linkId, subflow.localAddressId, subflow.isJoin ? subflow.remoteAddressId : 0,
                subflow.local(), subflow.remote(), subflow.isBackup(), isServer(connection), connection.handshake().peerDeniesJoinToInitialAddress(),
                error(subflow.closeReason), subflow.receivedResetReason, subflow.receivedResetFlags, detail);
    }

    /** @param remote null for an address that was taken back */
    static PathEvent ofAddress(PathEvent.Type type, long nowNanos, Connection connection, int remId, IpEndpoint remote) {
        return new PathEvent(type, nowNanos, token(connection), -1, -1, -1, remId, null, remote, false, isServer(connection),
                connection.handshake().peerDeniesJoinToInitialAddress(), 0, -1, 0, "");
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
