package io.mptcp.tcp;

/**
 * The variables of one TCP connection, under the names of RFC 9293 section 3.3.1 where it has one, and what others may see of them.
 *
 * <p>Sequence numbers are relative and 64 bits wide: SYN = 0, the first byte = 1, in both directions.
 */
public abstract sealed class TcpVariables permits Tcb {
    static final long NANOS_PER_MILLI = 1_000_000L;

    final int localPort;
    final int remotePort;
    /** Initial sequence numbers, moved on by the payload the SYNs carried: relative numbers begin behind it (RFC 8684 section B.2). */
    int iss;
    final int tsOffset;

    TcpState state = TcpState.CLOSED;
    int irs;
    long sndUna;
    long sndNxt;
    long sndWnd;
    long sndWl1;
    long sndWl2;
    long maxSndWnd;
    long rcvNxt;
    boolean windowScaleOn;
    int sndWndShift;
    int rcvWndShift;
    boolean timestampsOn;
    boolean sackOn;
    int tsRecent;
    long tsRecentNanos;
    boolean tsRecentValid;
    /** Acknowledgment number of the last segment sent: TS.Recent follows segments at or below it (RFC 7323 section 4.3). */
    long lastAckSentSsn;
    /** Relative number of the peer's FIN, -1 before one was seen. */
    long rcvFinSsn = -1;
    long lastSendNanos;
    /** When payload was sent last, -1 for never. */
    long lastDataNanos = -1;
    long lastReceiveNanos;

    /** SYN-RECEIVED was reached from LISTEN, not from SYN-SENT (RFC 9293 section 3.5). */
    boolean passive;
    /** Relative number of the peer's SYN: 0, or less by the payload it carried. */
    long synSsn;
    boolean synDue;
    boolean synSent;
    boolean synRetransmitted;
    /** Relative number behind the payload that went with our SYN and was not taken: it has been sent before. */
    long synPayloadEndSsn;
    /** When our SYN or SYN/ACK was sent last, Long.MIN_VALUE when nobody knows. */
    long synSentNanos;
    /** Another layer has to decide before the SYN/ACK goes out. */
    boolean synAckHeld;
    /** Data may follow the SYN/ACK before that is acknowledged (RFC 7413 section 4.2.2). */
    boolean sendsEarly;
    boolean finRequested;
    boolean finSent;
    boolean probeDue;
    int probesUnanswered;
    boolean resetDue;
    /** The RST takes its number from the acknowledgment of a segment that should not have come. */
    boolean resetAnswers;

    long rtoDeadlineNanos = Long.MAX_VALUE;
    long timeWaitDeadlineNanos = Long.MAX_VALUE;
    int timeouts;

    long bytesSent;
    long bytesRetransmitted;
    long retransmits;
    long bytesReceived;
    long bytesAcked;
    /** Segments known to have arrived, the SYN among them, as {@code tcpi_delivered}. */
    long deliveredSegments;

    TcpVariables(int localPort, int remotePort, int iss, int tsOffset) {
        this.localPort = localPort;
        this.remotePort = remotePort;
        this.iss = iss;
        this.tsOffset = tsOffset;
    }

    public TcpState state() {
        return state;
    }

    /** SND.UNA: the oldest number that is not acknowledged. */
    public long sndUna() {
        return sndUna;
    }

    /** SND.NXT: the number of what is sent next. */
    public long sndNxt() {
        return sndNxt;
    }

    /** RCV.NXT: the number of what is expected next. */
    public long rcvNxt() {
        return rcvNxt;
    }

    /** Last window the peer advertised on this connection, in bytes from {@link #sndUna}. */
    public long sndWnd() {
        return sndWnd;
    }

    /** The largest window the peer has ever advertised on this connection, in bytes. */
    public long maxSndWnd() {
        return maxSndWnd;
    }

    /** The peer's window on this connection leaves no room at all. */
    public boolean isWindowShut() {
        return sndUna + sndWnd <= sndNxt;
    }

    /** SND.NXT as it is on the wire. */
    public int wireSndNxt() {
        return iss + (int) sndNxt;
    }

    /** RCV.NXT as it is on the wire. */
    public int wireRcvNxt() {
        return irs + (int) rcvNxt;
    }

    /** The output is to end: {@link Tcb#requestFin} has been called. */
    public boolean isFinRequested() {
        return finRequested;
    }

    /** The FIN has been sent, acknowledged or not. */
    public boolean isFinSent() {
        return finSent;
    }

    /** A SYN has been sent before the one that is being written. */
    public boolean isSynSent() {
        return synSent;
    }

    /** A RST waits to be sent with {@link Tcb#transmitControl}. */
    public boolean isResetDue() {
        return resetDue;
    }

    /** Consecutive timeouts without an acknowledgment. */
    public int timeouts() {
        return timeouts;
    }

    /** When something acceptable came last. */
    public long lastReceiveNanos() {
        return lastReceiveNanos;
    }

    /** By how many bits the window field of what we send is scaled (RFC 7323 section 2). */
    public int rcvWindowShift() {
        return rcvWndShift;
    }

    /** Both sides have agreed on timestamps. */
    public boolean isTimestampsOn() {
        return timestampsOn;
    }

    /** Where our timestamp clock starts, in ticks. */
    public int tsOffset() {
        return tsOffset;
    }

    /** TS.Recent: the peer's timestamp to echo next. */
    public int tsRecent() {
        return tsRecent;
    }

    /** The timestamp clock: one tick a millisecond (RFC 7323 section 5.4). */
    public static int tsNow(long nowNanos, int tsOffset) {
        return (int) (nowNanos / NANOS_PER_MILLI) + tsOffset;
    }

    int tsNow(long nowNanos) {
        return tsNow(nowNanos, tsOffset);
    }

    /** Payload bytes sent, those sent again included. */
    public long bytesSent() {
        return bytesSent;
    }

    /** Payload bytes sent again. */
    public long bytesRetransmitted() {
        return bytesRetransmitted;
    }

    /** How often something was sent again. */
    public long retransmits() {
        return retransmits;
    }

    /** Payload bytes received, each counted once. */
    public long bytesReceived() {
        return bytesReceived;
    }

    /** Payload bytes the peer has acknowledged. */
    public long bytesAcked() {
        return bytesAcked;
    }
}
