package io.mptcp.cc;

/** All that one ACK tells a congestion controller; one object per subflow, filled anew for every ACK. */
public final class AckSample {
    public long nowNanos;
    /** Bytes newly acknowledged cumulatively. */
    public long ackedBytes;
    /** Bytes newly delivered: acknowledged cumulatively or by SACK, each once. */
    public long deliveredBytes;
    /** Most bytes in flight at any time of the last round trip. */
    public long maxInFlightBytes;
    /** Bytes in flight after it. */
    public long inFlightBytes;
    /** Round-trip sample of this ACK in nanoseconds, -1 if there is none. */
    public long rttNanos = -1;
    public long srttNanos;
    public long minRttNanos;
    /** The sender had nothing to send or no window for the data this ACK acknowledges: cwnd was not what limited it. */
    public boolean appLimited;
    /** Loss recovery is under way; PRR governs sending and the controller must not grow cwnd. */
    public boolean inRecovery;
    /** Sequence number (relative SSN) up to which everything is now acknowledged, and the highest sent: for per-round logic. */
    public long sndUnaSsn;
    public long sndNxtSsn;
    /** Fast recovery, or recovery after a timeout, is under way. */
    public boolean recovering;

    /** The rate sample, for controllers that {@linkplain CongestionController#measuresRate() ask for it}. */
    public final RateSample rate = new RateSample();
}
