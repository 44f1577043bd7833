package io.mptcp.stack;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.tcp.Tcb;
import java.util.List;

/**
 * Protection against head-of-line blocking, whatever the scheduler did: as soon as there is nothing new that may be sent, a subflow with room takes
 * over what slower ones hold and would deliver later (Raiciu et al., NSDI 2012, "opportunistic retransmission"). That is so at the end of the
 * stream or of a burst, where a transfer must not wait for the slowest path, and when the receive window or the send buffer is full of data
 * behind a hole. What is sent twice takes up room that nothing else had a use for. Between subflows that are alike nothing is taken over: of half a
 * megabyte over two equal paths up to 30 % would be sent twice, for next to nothing. Where queues come and go the least round trip is compared, and the rate by a wide margin.
 *
 * <p>Where it is the receive window that is full, the subflow to blame is made smaller, too ("penalisation"): half of its window, at most once in its
 * round trip.
 */
final class OpportunisticReinjection {
    /** Subflows that differ by less than this factor are alike: when something arrives is not known well enough to choose between them. */
    private static final int ALIKE = 6;

    private final Connection connection;
    private final List<Subflow> subflows;
    private final DataSender sender;
    private long count;

    OpportunisticReinjection(Connection connection, List<Subflow> subflows, DataSender sender) {
        this.connection = connection;
        this.subflows = subflows;
        this.sender = sender;
    }

    /** How often something has been taken over. */
    long count() {
        return count;
    }

    /** Nothing new may be sent. @return whether there is something now to be sent again */
    boolean look(long nowNanos) {
        if (subflows.size() < 2 || !connection.isMptcp() || sender.dsnUna() >= sender.dsnNxt()) {
            return false;
        }
        Subflow fast = fastestWithRoom();
        if (fast == null) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i) != fast && isSlower(subflows.get(i).tcb, fast.tcb) && takeOver(nowNanos, subflows.get(i), fast)) {
                any = true;
                penalise(nowNanos, subflows.get(i));
            }
        }
        return any;
    }

    private Subflow fastestWithRoom() {
        Subflow fastest = null;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            Tcb tcb = subflow.tcb;
            long rttNanos = tcb.rtt().srttNanos();
            if (tcb.delivery().bytesPerSecond() > 0 && subflow.isActiveForData() && !subflow.isBackup()
                    && !connection.stack.linkProperties(subflow.linkId).isMetered() && connection.stack.isLinkWritable(subflow.linkId)
                    && tcb.sendableBytes() >= tcb.payloadMssBytes() && (fastest == null || rttNanos < fastest.tcb.rtt().srttNanos())) {
                fastest = subflow;
            }
        }
        return fastest;
    }

    /** Whether it is slower by so much that a copy is worth its bytes: in rate, or in round-trip time. */
    private static boolean isSlower(Tcb slow, Tcb fast) {
        return slow.delivery().bytesPerSecond() * ALIKE <= fast.delivery().bytesPerSecond()
                || slow.rtt().minRttNanos() >= ALIKE * fast.rtt().minRttNanos(); // without their queues, which come and go
    }

    /** From the last entry backwards, as that is the latest. What is marked has been taken over before, and with it what was late in front of it. */
    private boolean takeOver(long nowNanos, Subflow slow, Subflow fast) {
        SegmentLog log = slow.tcb.log();
        long arrivalNanos = nowNanos + fast.tcb.rtt().srttNanos();
        long bytesBehind = 0;
        boolean any = false;
        for (int i = log.size() - 1; i >= 0 && !log.has(i, SegmentLog.REINJECTED); i--) {
            if (slow.tcb.delivery().expectedNanos(nowNanos, i, bytesBehind) <= arrivalNanos) {
                break;
            }
            bytesBehind += log.length(i);
            log.markReinjected(i);
            long start = Math.max(log.dsn(i), sender.dsnUna());
            long end = log.dsn(i) + log.payloadLength(i);
            if (start < end && !log.has(i, SegmentLog.SACKED) && !fast.tcb.log().carries(start)) {
                sender.reinject(start, end);
                any = true;
            }
        }
        count += any ? 1 : 0;
        return any;
    }

    private void penalise(long nowNanos, Subflow slow) {
        if (sender.pendingBytes() > 0 && sender.windowBytes() <= 0 && nowNanos - slow.penalisedNanos >= slow.tcb.rtt().srttNanos()) {
            slow.penalisedNanos = nowNanos;
            slow.tcb.congestionController().onPenalty();
        }
    }
}
