package io.mptcp.stack;

import io.mptcp.tcp.Tcb;
import io.mptcp.tcp.TcpState;
import io.mptcp.wire.IpEndpoint;

/**
 * A subflow at one moment, for people and metrics. Names follow {@code ss -ti} and {@code tcp_info} where they have one.
 *
 * @param state        SYN_SENT, ESTABLISHED, ... as {@code ss} prints them, or STALE
 * @param bytesSent    payload bytes sent, retransmissions included
 * @param bytesAcked   payload bytes acknowledged at subflow level
 * @param bytesRetrans payload bytes sent again
 * @param mssBytes     largest payload of a segment, options that come with data taken off
 * @param pmtuBytes    path MTU as far as it is known: that of the link until ICMP or loss has told of a smaller one
 */
public record SubflowInfo(int id, int linkId, IpEndpoint local, IpEndpoint remote, String state, boolean backup, boolean initial,
                          long bytesSent, long bytesReceived, long bytesAcked, long bytesRetrans, long retransmits,
                          long srttNanos, long rttVarNanos, long cwndBytes, long ssthreshBytes, long inFlightBytes, long rtoNanos, int mssBytes, int pmtuBytes) {
    static SubflowInfo of(Subflow subflow) {
        Tcb tcb = subflow.tcb;
        String state = subflow.stale ? "STALE" : subflow.leftInTimeWait ? TcpState.TIME_WAIT.name() : tcb.state().name();
        return new SubflowInfo(subflow.id, subflow.linkId, subflow.local(), subflow.remote(), state, subflow.isBackup(), !subflow.isJoin,
                tcb.bytesSent(), tcb.bytesReceived(), tcb.bytesAcked(), tcb.bytesRetransmitted(), tcb.retransmits(), tcb.rtt().srttNanos(),
                tcb.rtt().rttVarNanos(), tcb.congestionController().cwndBytes(), tcb.congestionController().ssthreshBytes(), tcb.inFlightBytes(),
                tcb.rtt().rtoNanos(), tcb.payloadMssBytes(), tcb.path().mtuBytes());
    }
}
