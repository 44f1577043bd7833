package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.IncomingSegment;

/**
 * Subflows on which nothing is heard: where their data goes meanwhile, when they are used again, and when they are given up. That one is silent is for
 * its retransmission timer, {@link AckSilence} and {@link IdleProbe} to find out.
 */
final class SilentSubflows {
    /** As many timeouts in a row are no longer the loss of a few segments. */
    private static final int OUTAGE_TIMEOUTS = 3;

    private SilentSubflows() {
    }

    // ---- nothing is heard ----

    static void onRetransmissionTimeout(Subflow subflow) {
        subflow.timedOut = true;
        onTimeout(subflow);
    }

    /**
     * Nothing came back within an RTO, or acknowledgments have stopped: while another subflow is alive the data goes there at once, and new data stays away from this one
     * until something is heard on it again.
     */
    static void onTimeout(Subflow subflow) {
        Connection connection = subflow.connection;
        if (!connection.isMptcp() || subflow.phase != Subflow.Phase.ESTABLISHED || !connection.subflows().hasActiveBeside(subflow)) {
            return;
        }
        if (!subflow.stale) {
            becomeStale(subflow);
        }
        connection.data().sender.reinject(subflow.tcb.log());
    }

    /** No new data until what is outstanding is acknowledged again. */
    private static void becomeStale(Subflow subflow) {
        subflow.stale = true;
        subflow.unheard = false;
        subflow.ackSilence().onStale(subflow.stack.nowNanos());
        subflow.stack.count(Counter.SubflowStale);
        subflow.stack.trace(PathEvent.Type.SUBFLOW_STALE, subflow.connection, subflow, "");
    }

    /**
     * Two round trips without a sign of life. A queue that fills up is enough for that, so not all is sent twice that is outstanding; but if the
     * stream waits for what this subflow carries, another one takes over the segment it waits for.
     */
    static void onLossProbe(Subflow subflow) {
        Connection connection = subflow.connection;
        DataSender sender = connection.data().sender;
        SubflowSet subflows = connection.subflows();
        if (connection.isMptcp() && subflow.phase == Subflow.Phase.ESTABLISHED && subflow.tcb.log().carries(sender.dsnUna())
                && subflows.hasActiveBeside(subflow)) {
            sender.reinject(sender.dsnUna(), Math.min(sender.dsnNxt(), sender.dsnUna() + subflows.minPayloadMssBytes()));
        }
    }

    /**
     * What a silent subflow still carries keeps the bytes in the buffer although the peer has them from elsewhere. When that leaves too little
     * of the buffer for the others the subflow is given up (RFC 8684 section 3.6, "too much outstanding data"); the path manager may open another.
     */
    static void releaseSendBuffer(Connection connection) {
        SubflowSet subflows = connection.subflows();
        DataSender sender = connection.data().sender;
        sender.release(subflows);
        if (!connection.isMptcp() || !sender.isCramped()) {
            return;
        }
        for (int i = subflows.size() - 1; i >= 0; i--) { // a reset takes it out of the set
            Subflow subflow = subflows.get(i);
            if (subflow.stale && subflow.lowestDsn() < sender.dsnUna()) {
                subflow.reset(ResetReason.OUTSTANDING_DATA);
            }
        }
        sender.release(subflows);
    }

    // ---- something is ----

    /** A segment came, whatever it says. */
    static void onHeard(Subflow subflow, IncomingSegment segment) {
        subflow.unheard = false;
        if (subflow.stale && subflow.ackSilence().isAnsweredBy(segment)) {
            recover(subflow, segment);
        } else if (subflow.stale) {
            subflow.tcb.onHeardUnanswered();
        }
    }

    static void onAcked(Subflow subflow, IncomingSegment segment) {
        if (subflow.stale) {
            recover(subflow, segment);
        }
        if (subflow.timedOut) {
            subflow.timedOut = false;
            moveTo(subflow);
        }
    }

    /** If the peer is heard again after so long that the timers are far apart, neither this subflow nor the others wait for them. */
    static void endOutage(Subflow subflow) {
        if (subflow.timedOut && subflow.tcb.timeouts() >= OUTAGE_TIMEOUTS) {
            subflow.timedOut = false;
            subflow.tcb.retryNow();
            moveTo(subflow);
        }
    }

    /**
     * There is somewhere to send again. What others hold whose timers have expired would otherwise wait for those, backed off as they may be
     * after a time without any path.
     */
    static void moveTo(Subflow alive) {
        SubflowSet subflows = alive.connection.subflows();
        for (int i = 0; i < subflows.size(); i++) {
            Subflow other = subflows.get(i);
            if (other != alive && other.isSilent()) {
                onTimeout(other);
            }
        }
    }

    /** One has closed. What is left must be used, however silent it was. */
    static void reviveIfNeeded(Connection connection) {
        SubflowSet subflows = connection.subflows();
        if (connection.isFinished() || subflows.hasActiveBeside(null)) {
            return;
        }
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).stale) {
                subflows.get(i).unheard = true; // nothing is known of the path by now, but there is no other
                recover(subflows.get(i));
            }
        }
    }

    private static void recover(Subflow subflow, IncomingSegment segment) {
        subflow.ackSilence().onRecovered(subflow.stack.nowNanos(), segment);
        recover(subflow);
    }

    private static void recover(Subflow subflow) {
        subflow.stale = false;
        subflow.stack.count(Counter.SubflowRecover);
        subflow.stack.trace(PathEvent.Type.SUBFLOW_RECOVERED, subflow.connection, subflow, "");
        subflow.tcb.retryNow();
    }
}
