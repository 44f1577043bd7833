package io.mptcp.stack;

import io.mptcp.tcp.TcpCloseReason;

/**
 * The state FASTCLOSE_WAIT of RFC 8684 section 3.5, option A: MP_FASTCLOSE has gone on an acknowledgment of one subflow, the others are reset.
 * It is sent again until the peer answers with a RST, three times at most; then a RST says it once more.
 */
final class FastcloseWait {
    private static final int MAX_RETRIES = 3;

    /** Of a connection that is not in this state. */
    static final FastcloseWait NONE = new FastcloseWait(null);

    /** The subflow that says it; null outside this state. */
    private Subflow carrier;
    private boolean due;
    private int retries;
    private long deadlineNanos = Long.MAX_VALUE;

    FastcloseWait(Subflow carrier) {
        this.carrier = carrier;
        due = carrier != null;
    }

    /** @return null when there is none it could be said on */
    static Subflow chooseCarrier(SubflowSet subflows) {
        Subflow chosen = null;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            boolean able = subflow.phase == Subflow.Phase.ESTABLISHED && subflow.tcb.state().isSynchronized();
            if (able && (chosen == null || isSilent(chosen) && !isSilent(subflow))) {
                chosen = subflow;
            }
        }
        return chosen;
    }

    private static boolean isSilent(Subflow subflow) {
        return subflow.stale || subflow.isSilent();
    }

    boolean isActive() {
        return carrier != null;
    }

    boolean isCarrier(Subflow subflow) {
        return carrier == subflow && carrier != null;
    }

    boolean isDueOn(Subflow subflow) {
        return due && isCarrier(subflow);
    }

    void onSent(long nowNanos) {
        if (due) {
            due = false;
            deadlineNanos = nowNanos + (carrier.tcb.rtt().rtoNanos() << retries);
        }
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** @return whether there is something to send */
    boolean expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return false;
        }
        deadlineNanos = Long.MAX_VALUE;
        if (retries++ < MAX_RETRIES) {
            due = true;
        } else {
            Subflow last = carrier;
            last.tcb.reset(TcpCloseReason.ABORTED);
        }
        return true;
    }

    /** The peer says the same: a plain RST is the answer. */
    void onCrossed() {
        Subflow last = carrier;
        carrier = null;
        deadlineNanos = Long.MAX_VALUE;
        last.tcb.reset(TcpCloseReason.ABORTED);
    }

    void onSubflowClosed(Subflow subflow) {
        if (isCarrier(subflow)) {
            due = false;
            deadlineNanos = Long.MAX_VALUE;
        }
    }
}
