package io.mptcp.netty.channel;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.SubflowInfo;
import java.util.HashSet;
import java.util.Set;

/** Finds out what has changed about the subflows of a connection, and tells the pipeline. */
final class SubflowWatch {
    private final MptcpSocketChannel channel;
    /** Those that have been told of, by id. */
    private final Set<Integer> established = new HashSet<>(4);

    SubflowWatch(MptcpSocketChannel channel) {
        this.channel = channel;
    }

    void look(MptcpConnection connection, int readiness) {
        if ((readiness & (Readiness.SUBFLOWS | Readiness.CLOSED)) == 0) {
            return;
        }
        for (SubflowInfo subflow : connection.subflows()) {
            if (isEstablished(subflow) && established.add(subflow.id())) {
                tell(SubflowEvent.Type.ESTABLISHED, subflow);
            } else if (!isEstablished(subflow) && established.remove(subflow.id())) {
                tell(SubflowEvent.Type.CLOSED, subflow);
            }
        }
    }

    private static boolean isEstablished(SubflowInfo subflow) {
        return switch (subflow.state()) {
            case "ESTABLISHED", "STALE", "CLOSE_WAIT" -> true;
            default -> false;
        };
    }

    private void tell(SubflowEvent.Type type, SubflowInfo subflow) {
        channel.pipeline().fireUserEventTriggered(new SubflowEvent(type, subflow));
    }
}
