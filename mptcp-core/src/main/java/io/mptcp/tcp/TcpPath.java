package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.wire.IcmpMessage;
import io.mptcp.wire.PathError;
import io.mptcp.wire.Seq;

/**
 * What a connection knows of its way to the peer: how large segments may be (the peer's MSS, the path MTU, what the application allows), and what routers
 * say of it by ICMP.
 */
public final class TcpPath {
    /** No segment is made smaller, whatever is asked for. */
    private static final int MIN_MSS = 88;
    /** What a peer takes that has announced nothing (RFC 9293 section 3.7.1). */
    static final int DEFAULT_MSS_IPV4 = 536;
    static final int DEFAULT_MSS_IPV6 = 1220;

    private final Tcb tcb;
    final PathMtu mtu;
    /** MSS this side announces: MTU less fixed IP and TCP headers (RFC 9293 section 3.7.1). */
    final int rcvMssBytes;
    private int maxSuperSegmentBytes;
    /** MSS the peer announced, or the default. */
    private int peerMssBytes;
    private int sndMssBytes;
    /** Something small got through, and what is outstanding was sent again for it. */
    private boolean heardSinceTimeout;
    private PathError error = PathError.NONE;

    TcpPath(Tcb tcb, boolean ipv4, int mtuBytes, int maxSuperSegmentBytes) {
        this.tcb = tcb;
        this.maxSuperSegmentBytes = maxSuperSegmentBytes;
        mtu = new PathMtu(ipv4, mtuBytes, tcb.config.mtuProbing());
        rcvMssBytes = announcedMssBytes(mtuBytes, ipv4, tcb.upper.socketOptions());
        peerMssBytes = ipv4 ? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6;
        updateMss();
    }

    // ---- how large segments may be ----

    /** Largest segment the peer takes, options and payload, in bytes. */
    int sndMssBytes() {
        return sndMssBytes;
    }

    /** MSS this side has announced. */
    public int rcvMssBytes() {
        return rcvMssBytes;
    }

    /** Largest payload the link takes at once, in bytes; 0 for one MSS. */
    int maxSuperSegmentBytes() {
        return maxSuperSegmentBytes;
    }

    /** MSS to announce: MTU less fixed IP and TCP headers (RFC 9293 section 3.7.1), or what the application allows. */
    public static int announcedMssBytes(int mtuBytes, boolean ipv4, SocketOptions options) {
        return boundedMss(mtuBytes - (ipv4 ? 40 : 60), options);
    }

    /** The MSS of a SYN. */
    int synMssBytes() {
        return tcb.config.announcePathMtu() ? Math.min(rcvMssBytes, mtu.limitBytes() - mtu.headerBytes()) : rcvMssBytes;
    }

    private int boundedMss(int mssBytes) {
        return boundedMss(mssBytes, tcb.upper.socketOptions());
    }

    private static int boundedMss(int mssBytes, SocketOptions options) {
        int limit = options.maxSegmentBytes();
        return limit == 0 ? mssBytes : Math.max(MIN_MSS, Math.min(mssBytes, limit));
    }

    /** The MSS option of the peer's SYN. */
    void takePeerMss(int mssBytes) {
        peerMssBytes = Math.max(MIN_MSS, mssBytes);
        updateMss();
    }

    private void updateMss() {
        sndMssBytes = Math.min(peerMssBytes, boundedMss(mtu.pmtuBytes() - mtu.headerBytes()));
    }

    /** The path MTU or what the application allows is another one now. */
    private void onMssInputs() {
        int before = sndMssBytes;
        updateMss();
        if (sndMssBytes != before && tcb.state.isSynchronized()) {
            tcb.cc.onMssChange(tcb.payloadMssBytes());
        }
    }

    /** The application has changed {@link UpperLayer#socketOptions}. */
    public void onSocketOptions() {
        onMssInputs();
    }

    /** The link under this connection takes other packets than before. Larger segments already sent are left to path MTU discovery. */
    public void onLinkChange(int mtuBytes, int maxSuperSegmentBytes) {
        this.maxSuperSegmentBytes = maxSuperSegmentBytes;
        if (mtu.onLinkMtu(mtuBytes)) {
            onMssInputs();
        }
    }

    /** Largest IP packet believed to reach the peer, in bytes. */
    public int mtuBytes() {
        return mtu.pmtuBytes();
    }

    // ---- what routers say ----

    /** The peer has been heard. */
    void onHeard() {
        error = PathError.NONE;
    }

    /** What is outstanding goes again because something small got through. */
    void onHeardAgain(boolean afterTimeout) {
        heardSinceTimeout |= afterTimeout;
    }

    /** Something outstanding has been acknowledged. */
    void onProgress() {
        heardSinceTimeout = false;
    }

    /**
     * An ICMP error quotes a segment of this connection. Hard errors end it only while it is being opened: later they are as easily forged as
     * others, and a peer that has answered before is there (RFC 5927 section 5.2).
     *
     * @return false when the segment it quotes is none that is outstanding: somebody guesses, or it comes too late
     */
    public boolean receiveIcmp(long nowNanos, IcmpMessage icmp) {
        long ssn = Seq.extend(icmp.sequenceNumber - tcb.iss, tcb.sndUna);
        if (tcb.state == TcpState.CLOSED || ssn < tcb.sndUna || ssn >= tcb.sndNxt) {
            return false;
        }
        if (icmp.error == PathError.PACKET_TOO_BIG) {
            if (mtu.onPacketTooBig(nowNanos, icmp.mtuBytes, icmp.packetBytes)) {
                onMssInputs();
                if (tcb.recovery != null) {
                    tcb.recovery.onPathMtuReduced(nowNanos);
                }
                tcb.synDue |= tcb.state == TcpState.SYN_SENT && tcb.sndNxt > 1; // nothing is small enough but a SYN without data, and that can go now
            }
            return true;
        }
        error = icmp.error;
        if (!tcb.state.isSynchronized() && tcb.config.isFatal(icmp.error)) {
            boolean refused = tcb.state == TcpState.SYN_SENT && icmp.error == PathError.PORT_UNREACHABLE;
            tcb.close(refused ? TcpCloseReason.REFUSED : TcpCloseReason.UNREACHABLE);
        }
        return true;
    }

    /** The last ICMP error about this connection, {@link PathError#NONE} when there was none since the peer was last heard. */
    public PathError error() {
        return error;
    }

    // ---- probes and black holes ----

    /** What was learned a while ago may have changed. */
    void expire(long nowNanos) {
        if (mtu.expire(nowNanos)) {
            onMssInputs();
        }
    }

    /** Payload of the segment to be sent next as a probe of the path MTU, 0 when none is due. */
    public int probeBytes(long nowNanos) {
        if (!tcb.state.canSend() || tcb.recovery != null && !tcb.recovery.mayProbeMtu()) {
            return 0;
        }
        int packetBytes = mtu.nextProbeBytes(nowNanos);
        int mss = Math.min(peerMssBytes, boundedMss(packetBytes - mtu.headerBytes()));
        return mss <= sndMssBytes ? 0 : mss - sndMssBytes + tcb.payloadMssBytes();
    }

    /**
     * Whether what was just judged lost was the probe of the path MTU, which is no sign of congestion (RFC 4821 section 7.5); it counts as
     * answered then.
     *
     * @param lostBytes what was just judged lost
     * @return the bytes of the lost probe, 0 when none was lost
     */
    long takeLostMtuProbe(long nowNanos, long lostBytes) {
        int index = mtu.probeStartSsn() < 0 ? tcb.log.size() : tcb.log.indexOf(mtu.probeStartSsn());
        if (index == tcb.log.size() || !tcb.log.has(index, SegmentLog.LOST)) {
            return 0;
        }
        if (lostBytes > tcb.log.length(index)) {
            mtu.onProbeInconclusive(nowNanos);
        } else {
            mtu.onProbeLost(nowNanos);
            tcb.upper.onMtuProbe(false);
        }
        return tcb.log.length(index);
    }

    void onSndUna() {
        if (mtu.onAcked(tcb.sndUna)) {
            onMssInputs();
            tcb.upper.onMtuProbe(true);
        }
    }

    void detectBlackHole(long nowNanos) {
        if (tcb.log.isEmpty()) {
            return;
        }
        if (mtu.probeStartSsn() >= 0) {
            mtu.onProbeInconclusive(nowNanos); // it is not the only thing that got lost
        }
        int payload = Math.min(tcb.log.payloadLength(0), tcb.payloadMssBytes());
        int packetBytes = payload - tcb.payloadMssBytes() + sndMssBytes + mtu.headerBytes();
        if (heardSinceTimeout ? mtu.onBlackHole(nowNanos, packetBytes) : mtu.onTimeout(nowNanos, tcb.timeouts, packetBytes)) {
            onMssInputs();
        }
        heardSinceTimeout = false;
    }
}
