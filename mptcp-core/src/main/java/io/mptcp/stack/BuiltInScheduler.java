package io.mptcp.stack;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.SchedulerView;

/** Used when none is chosen: the available subflow with the lowest smoothed RTT; backups only when nothing else is alive. */
final class BuiltInScheduler implements PacketScheduler {
    static final BuiltInScheduler INSTANCE = new BuiltInScheduler();

    @Override
    public String name() {
        return "minrtt";
    }

    @Override
    public long select(SchedulerView view) {
        boolean regularAlive = false;
        for (int i = 0; i < view.subflowCount(); i++) {
            regularAlive |= view.isActive(i) && !view.isBackup(i);
        }
        int best = -1;
        for (int i = 0; i < view.subflowCount(); i++) {
            if (view.isAvailable(i) && view.isBackup(i) != regularAlive && (best < 0 || view.srttNanos(i) < view.srttNanos(best))) {
                best = i;
            }
        }
        return best < 0 ? 0 : 1L << best;
    }
}
