package io.mptcp.stack;

import io.mptcp.tcp.Tcb;
import java.util.List;

/**
 * Keeps a slow subflow from filling a window that the others need, whatever the scheduler thinks (after Ferlin et al., "BLEST", IFIP Networking 2016):
 * what is sent on it stays in the window until it is delivered, and what the faster ones could send in that time has to fit beside it. That
 * holds for windows that do not grow: a send buffer of fixed size, or a receive window that has been full at its present size. One that
 * sizes itself has to be given a reason to grow.
 */
final class WindowGuard {
    private final List<Subflow> subflows;
    private final DataSender sender;
    /** The receive window was full when it had this size; 0 for never. */
    private long fullWindowBytes;

    WindowGuard(List<Subflow> subflows, DataSender sender) {
        this.subflows = subflows;
        this.sender = sender;
    }

    /** There is data, and the peer's window has no room for it. */
    void onWindowFull() {
        fullWindowBytes = sender.peerWindowBytes();
    }

    /** Of these subflows, by index, those that may be given new data. */
    long filter(long available) {
        long window = limitBytes();
        if (window == Long.MAX_VALUE) {
            return available;
        }
        long allowed = available;
        for (long rest = available; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (blocks(i, window)) {
                allowed &= ~(1L << i);
            }
        }
        return allowed;
    }

    private long limitBytes() {
        long peer = sender.peerWindowBytes();
        long limit = peer <= fullWindowBytes + fullWindowBytes / 4 ? peer : Long.MAX_VALUE;
        return sender.isFixed() ? Math.min(limit, sender.capacityBytes()) : limit;
    }

    private boolean blocks(int index, long windowBytes) {
        Tcb slow = subflows.get(index).tcb;
        long slowNanos = slow.delivery().nextNanos();
        double others = 0;
        for (int i = 0; i < subflows.size(); i++) {
            Tcb tcb = subflows.get(i).tcb;
            if (i != index && subflows.get(i).isActiveForData() && tcb.delivery().nextNanos() < slowNanos) {
                others += tcb.delivery().bytesWithin(slowNanos);
            }
        }
        return others > 0 && others > windowBytes - slow.inFlightBytes() - slow.payloadMssBytes();
    }
}
