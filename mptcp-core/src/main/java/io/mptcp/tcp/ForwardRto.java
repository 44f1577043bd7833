package io.mptcp.tcp;

/**
 * F-RTO (RFC 5682): after a timeout sends new data instead of the second retransmission, and learns from what is acknowledged next whether
 * anything was lost at all. Only for connections without timestamps: where there are, the first acknowledgment answers the question
 * ({@link SpuriousDetector}), and a real loss is not repaired a round trip later for having asked.
 */
final class ForwardRto {
    private enum State {
        OFF,
        /** The first segment has been sent again. */
        RETRANSMITTED,
        /** That was acknowledged, and new data takes the place of further retransmissions. */
        SENDING_NEW
    }

    private State state = State.OFF;
    private long recoveryPointSsn;

    /** Section 2.1, step 1. @param recoveryPointSsn SND.NXT at the timeout */
    void start(long recoveryPointSsn) {
        state = State.RETRANSMITTED;
        this.recoveryPointSsn = recoveryPointSsn;
    }

    void stop() {
        state = State.OFF;
    }

    /** Retransmissions wait. */
    boolean holdsRetransmissions() {
        return state == State.SENDING_NEW;
    }

    /**
     * Steps 2 and 3 of sections 2.1 and 3.1.
     *
     * @param canSendNew there is new data, and room for it
     * @return whether the timeout was spurious
     */
    boolean isSpurious(Scoreboard acknowledged, long ackSsn, boolean sack, boolean canSendNew) {
        if (state == State.RETRANSMITTED) {
            if (acknowledged.ackedBytes > 0) {
                state = ackSsn < recoveryPointSsn && canSendNew ? State.SENDING_NEW : State.OFF;
            } else if (!sack) {
                state = State.OFF; // a duplicate: something is missing indeed
            }
            return false;
        }
        if (state == State.OFF) {
            return false;
        }
        boolean missing = sack ? acknowledged.newerSacked : acknowledged.ackedBytes == 0;
        boolean late = !missing && acknowledged.originalAcked;
        if (missing || late) {
            state = State.OFF;
        }
        return late;
    }
}
