package io.mptcp.cc;

/** A (super-)segment that was judged lost; one object per subflow, filled anew for each. */
public final class LostSegment {
    /** Relative SSN. */
    public long startSsn;
    public int bytes;
    /** C.inflight when it was sent, itself included. */
    public long inFlightAtSendBytes;
    /** Lost since it was sent, itself included. */
    public long lostBytes;
    /** The sender had too little to send then. */
    public boolean appLimited;
    /** C.delivered. */
    public long totalDeliveredBytes;
    /** C.has_selective_acks. */
    public boolean selectiveAcks;
}
