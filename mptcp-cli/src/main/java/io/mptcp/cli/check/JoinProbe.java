package io.mptcp.cli.check;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;

/** Tries to have one path join a connection that began over another. */
final class JoinProbe {
    /** Packets this close below the path MTU count as full: options of which not every segment has the same number take some room. */
    private static final int FULL_WITHIN_BYTES = 60;

    private final ProbeContext context;
    private final MptcpConnection connection;
    private final JoinManager manager;
    private final CheckedPath path;
    private final CheckedPath from;
    private final int subflowId;
    /** The server ended the connection while the join was under way. */
    private boolean ended;
    private Joined result;

    JoinProbe(ProbeContext context, MptcpConnection connection, JoinManager manager, CheckedPath path, CheckedPath from) {
        this.context = context;
        this.connection = connection;
        this.manager = manager;
        this.path = path;
        this.from = from;
        subflowId = manager.join(path.linkId(), path.local());
    }

    /** Established, or sure not to become so. */
    boolean isSettled() {
        return subflowId < 0 || manager.isEstablished(subflowId) || manager.isClosed(subflowId);
    }

    /** No more waiting for it to be established. */
    void stopWaiting() {
        ended = connection.isInputEnded() || connection.isClosed();
    }

    /** Data went over it, or sure not to. */
    boolean isCarried() {
        SubflowInfo info = info();
        return info == null || !manager.isEstablished(subflowId) || manager.isClosed(subflowId) || info.bytesAcked() > 0;
    }

    private SubflowInfo info() {
        return connection.subflows().stream().filter(subflow -> subflow.id() == subflowId).findFirst().orElse(null);
    }

    /** Takes down what has become of it, before the connection ends. */
    void settle() {
        SubflowInfo info = info();
        FlowRecord flow = info == null ? new FlowRecord() : context.flow(info.linkId(), info.local());
        int pmtuBytes = info == null ? 0 : foundPmtuBytes(info, flow);
        result = new Joined(path.linkId(), from.linkId(), outcome(info, flow), flow.resetReason(), pmtuBytes, flow);
    }

    private Joined.Outcome outcome(SubflowInfo info, FlowRecord flow) {
        if (subflowId == JoinManager.DENIED) {
            return Joined.Outcome.DENIED;
        }
        if (info == null) {
            return Joined.Outcome.NOT_OPENED;
        }
        if (flow.synAck() == null && ended) {
            return Joined.Outcome.SERVER_ENDED;
        }
        if (flow.synAck() == null) {
            return flow.isReset() ? Joined.Outcome.REFUSED : Joined.Outcome.NO_ANSWER;
        }
        if (!flow.synAck().mpJoin()) {
            return Joined.Outcome.NOT_IN_SYN_ACK;
        }
        if (!manager.isEstablished(subflowId)) {
            return ended ? Joined.Outcome.SERVER_ENDED : Joined.Outcome.LOST_AFTER_SYN_ACK;
        }
        boolean endedSince = connection.isInputEnded() || connection.isClosed();
        boolean alive = !manager.isClosed(subflowId) && !flow.isReset();
        return (alive || endedSince) && info.bytesAcked() > 0 && flow.hasDss() ? Joined.Outcome.WORKS : Joined.Outcome.NO_DATA;
    }

    Joined result() {
        return result;
    }

    /** The path MTU, if a packet of nearly that size was sent and everything is acknowledged; 0 otherwise. */
    static int foundPmtuBytes(SubflowInfo info, FlowRecord flow) {
        boolean full = flow.largestSentBytes() >= info.pmtuBytes() - FULL_WITHIN_BYTES;
        return full && info.bytesAcked() > 0 && info.inFlightBytes() == 0 ? info.pmtuBytes() : 0;
    }
}
