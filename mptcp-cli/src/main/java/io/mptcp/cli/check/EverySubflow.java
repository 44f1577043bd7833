package io.mptcp.cli.check;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.SchedulerView;

/** Sends everything over all subflows that can take it, so that each of them is tried. */
final class EverySubflow implements PacketScheduler {
    @Override
    public String name() {
        return "every";
    }

    @Override
    public long select(SchedulerView view) {
        long mask = 0;
        for (int i = 0; i < view.subflowCount(); i++) {
            mask |= view.isAvailable(i) ? 1L << i : 0;
        }
        return mask;
    }
}
