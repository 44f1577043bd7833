package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/** {@code redundant}: the same data on every subflow that has room, for latency at the price of throughput. Backups get no copies. */
public final class Redundant implements PacketScheduler {
    static final String NAME = "redundant";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        return Eligible.available(view);
    }

    /** Provides {@link Redundant}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "the same data on all subflows: lowest latency, no gain in throughput";
        }

        @Override
        public PacketScheduler create() {
            return new Redundant();
        }
    }
}
