package io.mptcp.stack;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpSegment;

/** A connection of which only the SYN is known (SYN-RECEIVED): what is needed to answer it and to open the connection later. */
final class SynRequest extends DeadlineQueue.Node implements FlowTable.Entry {
    static final long NEVER_NANOS = Long.MIN_VALUE;

    final FlowKey key;
    final Listener listener;
    final int linkId;
    final int irs;
    final int iss;
    final int tsOffset;
    /** As they were when the SYN came: the SYN/ACK has told the peer of some. */
    final TcpConfig tcpConfig;
    final int window;
    /** ECN is asked for and answered; a SYN sent again without takes that back (RFC 3168 section 6.1.1.1). */
    boolean ecn;
    final int mssBytes;
    final int windowScale;
    final boolean sackPermitted;
    boolean hasTimestamps;
    int tsRecent;
    /** MP_CAPABLE was acceptable and is answered. */
    final boolean mptcp;
    final int mpCapableFlags;
    final long localKey;
    final int localToken;

    /** Goes with the SYN/ACK; null for none. */
    byte[] fastOpenCookie;
    boolean fastOpenExperimental;

    int retransmissions;
    /** When the last SYN/ACK was sent, {@link #NEVER_NANOS} when nobody knows. */
    long sentNanos = NEVER_NANOS;
    boolean synAckDue;
    long lastChallengeNanos = NEVER_NANOS;

    SynRequest(FlowKey key, Listener listener, int linkId, IncomingSegment syn, int iss, int tsOffset, TcpConfig tcpConfig, long localKey, int localToken) {
        this.key = key;
        this.listener = listener;
        this.linkId = linkId;
        this.iss = iss;
        this.tsOffset = tsOffset;
        this.tcpConfig = tcpConfig;
        this.localKey = localKey;
        this.localToken = localToken;
        irs = syn.sequenceNumber;
        window = syn.window;
        mssBytes = syn.options.mss;
        windowScale = syn.options.windowScale;
        sackPermitted = syn.options.sackPermitted;
        hasTimestamps = syn.options.hasTimestamps && tcpConfig.timestamps();
        tsRecent = syn.options.tsVal;
        mptcp = localKey != 0;
        mpCapableFlags = syn.options.mptcp.has(MptcpOptions.MP_CAPABLE) ? syn.options.mptcp.mpCapableFlags : 0;
    }

    /** Makes {@code syn} the segment this was made from, as far as it still matters. */
    void restore(IncomingSegment syn) {
        syn.sequenceNumber = irs;
        syn.window = window;
        syn.flags = ecn ? TcpSegment.SYN | TcpSegment.ECE | TcpSegment.CWR : TcpSegment.SYN;
        syn.ecn = 0;
        syn.payloadLength = 0;
        syn.options.clear();
        syn.options.mss = mssBytes;
        syn.options.windowScale = windowScale;
        syn.options.sackPermitted = sackPermitted;
        syn.options.hasTimestamps = hasTimestamps;
        syn.options.tsVal = tsRecent;
    }

    @Override
    public long localHi() {
        return key.localHi();
    }

    @Override
    public long localLo() {
        return key.localLo();
    }

    @Override
    public int localPort() {
        return key.localPort();
    }

    @Override
    public long remoteHi() {
        return key.remoteHi();
    }

    @Override
    public long remoteLo() {
        return key.remoteLo();
    }

    @Override
    public int remotePort() {
        return key.remotePort();
    }
}
