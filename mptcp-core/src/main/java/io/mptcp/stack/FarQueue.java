package io.mptcp.stack;

import io.mptcp.cc.CongestionController;
import io.mptcp.tcp.RttEstimator;
import io.mptcp.tcp.Tcb;
import java.util.List;

/**
 * Keeps short the queue that a subflow builds up whose round trip is much longer than another's. A controller that goes by loss fills the queue of its
 * path until something is lost, and then the reader waits for the rest of that path's round trip, queue included, until it is known that another
 * path has to bring it. With less in flight nothing is lost, and the path carries as much: a short queue is enough to keep it busy.
 *
 * <p>That it is this connection that fills the queue shows when there is less of it after cwnd was reduced. Where it is others who fill it,
 * the window they would soon take over is given back, and for a while the subflow competes with them as TCP does.
 */
final class FarQueue {
    /** The queue is long when it makes the round trip so much longer, and more than {@link #ALLOWANCE_NANOS}. */
    private static final double LONG = 1.3;
    /** It is reduced to what makes the round trip so much longer. */
    private static final double WANTED = 1.15;
    private static final long ALLOWANCE_NANOS = 5_000_000L;
    private static final long COMPETING_NANOS = 30_000_000_000L;
    private static final int MIN_SEGMENTS = 4;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Subflow subflow;
    private long nextLookNanos;
    /** To so much it has reduced cwnd, and has not seen yet what that did; 0 for nothing. */
    private long reducedBytes;

    private FarQueue(Subflow subflow) {
        this.subflow = subflow;
    }

    /** Looks at the queues of all subflows; to be called often. */
    static void shorten(long nowNanos, List<Subflow> subflows, OpportunisticReinjection paths) {
        if (subflows.size() < 2) {
            return;
        }
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.farQueue != null) {
                subflow.farQueue.look(nowNanos, paths);
            } else if (isLong(subflow.tcb.rtt()) && paths.nearer(subflow) != null) {
                subflow.farQueue = new FarQueue(subflow);
            }
        }
    }

    private static boolean isLong(RttEstimator rtt) {
        return rtt.srttNanos() > LONG * rtt.minRttNanos() + ALLOWANCE_NANOS;
    }

    private void look(long nowNanos, OpportunisticReinjection paths) {
        if (nowNanos < nextLookNanos) {
            return;
        }
        Tcb tcb = subflow.tcb;
        CongestionController cc = tcb.congestionController();
        nextLookNanos = nowNanos + tcb.rtt().srttNanos() / 4;
        if (isLong(tcb.rtt()) && paths.nearer(subflow) != null) {
            if (reducedBytes > 0) {
                compete(nowNanos, cc);
            } else if (tcb.log().lostBytes() == 0 && tcb.inFlightBytes() > cc.cwndBytes() / 2) {
                reduce(nowNanos, tcb, cc);
                return;
            }
        }
        reducedBytes = 0;
    }

    private void compete(long nowNanos, CongestionController cc) {
        nextLookNanos = nowNanos + COMPETING_NANOS;
        if (cc.ssthreshBytes() == reducedBytes) { // else something was lost in the meantime, which stands
            cc.onSpuriousLoss(nowNanos);
        }
    }

    private void reduce(long nowNanos, Tcb tcb, CongestionController cc) {
        if (cc.inSlowStart()) {
            // More than is wanted, as SRTT follows a growing queue late; how fast the path is will be known when it has been full for a while.
            boolean reduced = cc.onLongQueue((long) (WANTED * cc.cwndBytes() * tcb.rtt().minRttNanos() / tcb.rtt().srttNanos()));
            nextLookNanos = reduced ? nowNanos + 2 * tcb.rtt().srttNanos() : nowNanos + tcb.rtt().srttNanos() / 32;
            return;
        }
        // Two round trips on: what was sent before is acknowledged in the first one, and in the second SRTT comes to what the queue is then.
        nextLookNanos = nowNanos + 2 * tcb.rtt().srttNanos();
        double pathBytes = tcb.delivery().peakBytesPerSecond() * tcb.rtt().minRttNanos() / NANOS_PER_SECOND;
        long wantedBytes = Math.max((long) (WANTED * pathBytes), MIN_SEGMENTS * (long) tcb.payloadMssBytes());
        if (wantedBytes < cc.cwndBytes() && cc.onLongQueue(wantedBytes)) {
            reducedBytes = cc.ssthreshBytes();
        }
    }
}
