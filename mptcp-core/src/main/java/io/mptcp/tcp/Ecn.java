package io.mptcp.tcp;

import io.mptcp.wire.TcpSegment;

/**
 * Explicit congestion notification (RFC 3168) of one connection, both directions: what the handshake settles, the echo of marks to the
 * peer, and when to answer the peer's echo. Each subflow negotiates for itself, as each has a path of its own.
 */
final class Ecn {
    /** Values of the ECN field of the IP header. */
    static final int NOT_ECT = 0;
    static final int ECT_0 = 2;
    static final int CE = 3;

    private static final int SETUP = TcpSegment.ECE | TcpSegment.CWR;

    /** Of all connections that have settled for none. */
    private static final Ecn OFF = new Ecn(null);

    private final Tcb tcb;
    private boolean on;
    private boolean offered;
    /** A packet came marked, and no CWR since: every acknowledgment says so. */
    private boolean echoing;
    /** The next new data tells the peer that the window has been reduced. */
    private boolean cwrDue;
    /** Echoes of acknowledgments up to here belong to the window that has been reduced already. */
    private long reducedUntilSsn = -1;

    Ecn(Tcb tcb) {
        this.tcb = tcb;
    }

    boolean isOn() {
        return on;
    }

    // ---- handshake ----

    /** ECN flags of a SYN. One sent again goes without: somebody on the way may drop those that ask (section 6.1.1.1). */
    int synFlags() {
        offered = tcb.config.ecn() == EcnMode.ACTIVE && !tcb.synRetransmitted;
        return offered ? SETUP : 0;
    }

    int synAckFlags() {
        return on ? TcpSegment.ECE : 0;
    }

    /** A SYN came, the first or another: as soon as one does not ask for ECN there is none. */
    void onSyn(IncomingSegment syn, boolean first) {
        boolean asks = syn.asksForEcn() && tcb.config.ecn() != EcnMode.OFF;
        on = asks && (first || on);
    }

    void onSynAck(IncomingSegment synAck) {
        on = offered && (synAck.flags & SETUP) == TcpSegment.ECE;
    }

    /** The handshake is over: what holds from now on. */
    Ecn settled() {
        return on ? this : OFF;
    }

    // ---- receiver ----

    /** A segment within the window (section 6.1.5: marks on others say nothing). */
    void onSegment(IncomingSegment segment) {
        if (!on) {
            return;
        }
        if (segment.has(TcpSegment.CWR)) {
            echoing = false;
        }
        if (segment.ecn == CE && segment.payloadLength > 0) {
            if (!echoing) {
                tcb.requestAck(); // the sender's window may be small: no delay
            }
            echoing = true;
        }
    }

    /** ECN flags of everything that acknowledges. */
    int ackFlags() {
        return echoing ? TcpSegment.ECE : 0;
    }

    // ---- sender ----

    /** Whether the acknowledgment echoes a mark that calls for a reduction: at most one for each window (section 6.1.2). */
    boolean callsForReduction(IncomingSegment segment) {
        return on && segment.has(TcpSegment.ECE) && segment.ackSsn > reducedUntilSsn;
    }

    /** The window has been reduced, for whatever reason. */
    void onReduction() {
        if (on) {
            cwrDue = true;
            reducedUntilSsn = tcb.sndNxt;
        }
    }

    /** CWR has to be on the next segment with new data: one segment then, as nothing below is to cut it and repeat the flag. */
    boolean isCwrDue() {
        return cwrDue;
    }

    /** ECN flags of a segment with new data, which is now sent. */
    int newDataFlags() {
        if (!cwrDue) {
            return 0;
        }
        cwrDue = false;
        return TcpSegment.CWR;
    }

    /** ECN field of a packet with new data. Nothing else may be marked (sections 6.1.1, 6.1.4 to 6.1.6). */
    int newDataCodepoint() {
        return on ? ECT_0 : NOT_ECT;
    }
}
