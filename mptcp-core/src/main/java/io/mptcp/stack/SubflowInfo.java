package io.mptcp.stack;

import io.mptcp.wire.IpEndpoint;

/**
 * A subflow at one moment, for people and metrics. Names follow {@code ss -ti} and {@code tcp_info} where they have one.
 *
 * @param state        SYN_SENT, ESTABLISHED, ... as {@code ss} prints them, or STALE
 * @param bytesSent    payload bytes sent, retransmissions included
 * @param bytesAcked   payload bytes acknowledged at subflow level
 * @param bytesRetrans payload bytes sent again
 */
public record SubflowInfo(int id, int linkId, IpEndpoint local, IpEndpoint remote, String state, boolean backup, boolean initial,
                          long bytesSent, long bytesReceived, long bytesAcked, long bytesRetrans, long retransmits,
                          long srttNanos, long rttVarNanos, long cwndBytes, long ssthreshBytes, long inFlightBytes, long rtoNanos, int mssBytes) {
}
