package io.mptcp.cli.bench;

/** An end of a transfer. */
public interface Flow extends AutoCloseable {
    /** What the sender, if it is this end, has done so far; zeros otherwise. Not for flows that have ended. */
    SenderCounters counters();

    /** What is known of the connection beside that, as JSON, or an empty text. */
    String statistics();

    /** Ends the connection at once; the peer is reset. */
    @Override
    void close();

    /**
     * How often a sender had to repeat itself.
     *
     * @param retransmits segments sent again
     * @param timeouts    retransmission timeouts
     */
    record SenderCounters(long retransmits, long timeouts) {
        static final SenderCounters NONE = new SenderCounters(0, 0);

        SenderCounters minus(SenderCounters earlier) {
            return new SenderCounters(retransmits - earlier.retransmits, timeouts - earlier.timeouts);
        }
    }
}
