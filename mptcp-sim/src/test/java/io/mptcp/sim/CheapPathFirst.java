package io.mptcp.sim;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.SchedulerView;

/** Uses the path with the highest weight, and the others only while more waits than a window of that one. */
public final class CheapPathFirst implements PacketScheduler {
    @Override
    public String name() {
        return "cheap-first";
    }

    @Override
    public long select(SchedulerView view) {
        int cheap = -1;
        int next = -1;
        for (int i = 0; i < view.subflowCount(); i++) {
            if (view.isActive(i) && !view.isBackup(i) && (cheap < 0 || view.weight(i) > view.weight(cheap))) {
                cheap = i;
            }
            if (view.isAvailable(i) && (next < 0 || view.srttNanos(i) < view.srttNanos(next))) {
                next = i;
            }
        }
        if (cheap >= 0 && view.isAvailable(cheap)) {
            return 1L << cheap;
        }
        boolean enough = cheap >= 0 && !view.isReinjection() && view.pendingBytes() < view.cwndBytes(cheap);
        return next < 0 || enough ? 0 : 1L << next;
    }
}
