package io.mptcp.stack;

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
}
