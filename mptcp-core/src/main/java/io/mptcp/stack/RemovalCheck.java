package io.mptcp.stack;

import io.mptcp.tcp.TcpState;

/**
 * The peer has said that its end of a subflow has lost its address (RFC 8684 section 3.4.2). Somebody else may have said so: a subflow that
 * answers a keep-alive stays, and it is for the peer to close it; one that answers none is reset.
 */
final class RemovalCheck {
    private static final int PROBES = 3;

    private final Subflow subflow;
    private long sinceNanos;
    private long deadlineNanos = Long.MAX_VALUE;
    private int unanswered;

    RemovalCheck(Subflow subflow) {
        this.subflow = subflow;
    }

    void begin(long nowNanos) {
        if (deadlineNanos == Long.MAX_VALUE) {
            sinceNanos = nowNanos;
            unanswered = 0;
            probe(nowNanos);
        }
    }

    long deadlineNanos() {
        return subflow.phase == Subflow.Phase.CLOSED ? Long.MAX_VALUE : deadlineNanos;
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        deadlineNanos = Long.MAX_VALUE;
        boolean over = subflow.phase != Subflow.Phase.ESTABLISHED || subflow.tcb.state() == TcpState.TIME_WAIT;
        if (over || subflow.tcb.lastReceiveNanos() > sinceNanos) {
            return;
        }
        if (unanswered < PROBES) {
            probe(nowNanos);
        } else {
            subflow.stack.count(Counter.RmSubflow);
            subflow.reset(ResetReason.UNSPECIFIED);
        }
    }

    private void probe(long nowNanos) {
        subflow.tcb.requestProbe();
        deadlineNanos = nowNanos + (subflow.tcb.rtt().rtoNanos() << unanswered++);
    }
}
