package io.mptcp.stack;

/**
 * RFC 8684 section 3: at most two duplicate acknowledgments in a row only to carry a signal, because what does not know of MPTCP takes three of
 * them for a loss. More wait until something is heard on the subflow, or an RTO has passed.
 */
final class SignalPace {
    private static final int MAX_IN_A_ROW = 2;

    private final Subflow subflow;
    private int inARow;
    private long lastNanos = Long.MIN_VALUE / 2;

    SignalPace(Subflow subflow) {
        this.subflow = subflow;
    }

    boolean maySend(long nowNanos) {
        return inARow < MAX_IN_A_ROW || isRowOver(nowNanos);
    }

    private boolean isRowOver(long nowNanos) {
        return subflow.tcb.lastReceiveNanos() > lastNanos || nowNanos - lastNanos >= subflow.tcb.rtt().rtoNanos();
    }

    /** A signal went on an acknowledgment that nothing else called for. */
    void onSent(long nowNanos) {
        inARow = isRowOver(nowNanos) ? 1 : inARow + 1;
        lastNanos = nowNanos;
    }

    /** When a signal that waits may go; Long.MAX_VALUE when none has to wait. */
    long deadlineNanos(long nowNanos) {
        return maySend(nowNanos) ? Long.MAX_VALUE : lastNanos + subflow.tcb.rtt().rtoNanos();
    }
}
