package io.mptcp.cc;

/**
 * How much a subflow may have in flight. Owns cwnd and ssthresh, in bytes; what to retransmit is decided elsewhere.
 * Called only by its subflow's owner thread, with virtual or real time handed in.
 */
public interface CongestionController {
    /** The name used to choose it, e.g. {@code cubic}. */
    String name();

    /**
     * The handshake is done.
     *
     * @param mssBytes         effective send MSS
     * @param synRetransmitted the SYN or SYN/ACK was lost, or sent more than twice: start with one segment instead of the window of RFC 6928.
     *                         That RFC recommends not to say so for a single retransmission
     */
    void onEstablished(long nowNanos, int mssBytes, boolean synRetransmitted);

    /** The effective MSS changed (path MTU). */
    void onMssChange(int mssBytes);

    void onAck(AckSample sample);

    /**
     * Loss was detected by SACK, RACK or duplicate ACKs: one call per loss episode, and one more for each time that something sent again
     * since the last call is lost too (RFC 5681 section 4.3).
     *
     * @param inFlightBytes FlightSize of RFC 5681: sent and not yet acknowledged, what is lost included
     */
    void onLoss(long nowNanos, long inFlightBytes);

    /**
     * The retransmission timer expired. The recovery that follows is slow start: its ACKs come with {@link AckSample#inRecovery} false.
     *
     * @param inFlightBytes FlightSize of RFC 5681: sent and not yet acknowledged, what is lost included
     * @param first         whether this is the first expiry for this data (RFC 5681 section 3.1)
     */
    void onRetransmissionTimeout(long nowNanos, long inFlightBytes, boolean first);

    /** A loss or timeout proved spurious: restore what was before it. */
    void onSpuriousLoss(long nowNanos);

    /** An ECN echo (RFC 3168): at most one call per window. */
    void onEcnEcho(long nowNanos, long inFlightBytes);

    /** What this subflow holds keeps the others waiting: less of it (Raiciu et al., NSDI 2012, "penalisation"). At most one call a round trip. */
    default void onPenalty() {
    }

    /**
     * The queue of the path is long, and no more than so much is wanted in flight: cwnd becomes as small, and grows slowly again. {@link #onSpuriousLoss}
     * takes it back where it did not help.
     *
     * @return whether cwnd was reduced: a controller that keeps queues short by itself has no use for this
     */
    default boolean onLongQueue(long cwndBytes) {
        return false;
    }

    /** Sending resumes after an idle time longer than the RTO (RFC 5681 section 4.1). */
    void onIdleRestart(long nowNanos);

    /** The subflow is over: others that look at it (coupled congestion control) have to do without. May be called more than once. */
    default void onClosed() {
    }

    long cwndBytes();

    /** Long.MAX_VALUE while there is no threshold. */
    long ssthreshBytes();

    /** Whether it has a pacing rate of its own; always the same. */
    default boolean isPaced() {
        return false;
    }

    /** Pacing rate in bytes per second the controller wants, or 0 to leave it to the default (a multiple of cwnd / srtt). */
    default long pacingBytesPerSecond() {
        return 0;
    }

    /** Whether {@link AckSample#rate} is to be filled in, and {@link #onSegmentLost} and {@link #onRestart} to be called; always the same. */
    default boolean measuresRate() {
        return false;
    }

    /** Whether proportional rate reduction (RFC 9937) leads from one window to the next after a loss; else cwnd counts at once. */
    default boolean reducesProportionally() {
        return true;
    }

    /** It sends less than it could, for a measurement: what is delivered meanwhile says nothing of the path's rate. */
    default boolean holdsBack() {
        return false;
    }

    /** Something is judged lost, before {@link #onLoss} or {@link #onRetransmissionTimeout} and the sample of the acknowledgment that told. */
    default void onSegmentLost(long nowNanos, LostSegment lost) {
    }

    /** The first segment after a time with nothing in flight and nothing to send. */
    default void onRestart(long nowNanos) {
    }

    default boolean inSlowStart() {
        return cwndBytes() < ssthreshBytes();
    }
}
