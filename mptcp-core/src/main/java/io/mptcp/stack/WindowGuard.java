package io.mptcp.stack;

import io.mptcp.tcp.Tcb;
import java.util.List;

/**
 * Keeps a slow subflow from filling a window that the others need, whatever the scheduler thinks (after Ferlin et al., "BLEST", IFIP Networking 2016):
 * what is sent on it stays in the window until it is delivered, and what the faster ones could send in that time has to fit beside it. That
 * holds for windows that do not grow: a send buffer of fixed size, or a receive window that has been full at its present size. One that
 * sizes itself has to be given a reason to grow.
 *
 * <p>A receive window is rarely used to the last byte, as nobody sends less than a segment, and so it counts as full when it has no room for one. Many
 * are full most of the time, where paths are alike, too, and a fast one would then carry everything: there only a subflow that is slower by a wide margin is held back.
 */
final class WindowGuard {
    /** As many round trips without a queue of a faster subflow are no matter. More, and the slow one is far, or has a queue that grows with all it gets. */
    private static final double ALIKE_ROUND_TRIPS = 2.25;

    private final List<Subflow> subflows;
    private final DataSender sender;
    /** The receive window was full when it had this size; 0 for never. */
    private long fullWindowBytes;

    WindowGuard(List<Subflow> subflows, DataSender sender) {
        this.subflows = subflows;
        this.sender = sender;
    }

    /** There is data, and the peer's window has no room for a segment of it. */
    void onWindowFull() {
        fullWindowBytes = sender.peerWindowBytes();
    }

    /** Of these subflows, by index, those that may be given new data. */
    long filter(long available) {
        long receiveWindow = sender.peerWindowBytes();
        boolean grows = receiveWindow > fullWindowBytes + fullWindowBytes / 4;
        if (grows && !sender.isFixed()) {
            return available;
        }
        long allowed = available;
        for (long rest = available; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (!grows && blocks(i, receiveWindow, ALIKE_ROUND_TRIPS) || sender.isFixed() && blocks(i, sender.capacityBytes(), 0)) {
                allowed &= ~(1L << i);
            }
        }
        return allowed;
    }

    private boolean blocks(int index, long windowBytes, double alikeRoundTrips) {
        Tcb slow = subflows.get(index).tcb;
        long slowNanos = slow.delivery().nextNanos();
        double others = 0;
        for (int i = 0; i < subflows.size(); i++) {
            Tcb tcb = subflows.get(i).tcb;
            if (i != index && subflows.get(i).isActiveForData() && tcb.delivery().nextNanos() < slowNanos
                    && alikeRoundTrips * tcb.rtt().minRttNanos() < slowNanos) {
                others += tcb.delivery().bytesWithin(slowNanos);
            }
        }
        return others > 0 && others > windowBytes - slow.inFlightBytes() - slow.payloadMssBytes();
    }
}
