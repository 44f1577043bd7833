package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/** {@code minrtt}: the subflow with the lowest smoothed RTT that has room; the next one when its window is full. */
public final class MinRtt implements PacketScheduler {
    static final String NAME = "minrtt";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        return Eligible.bit(Eligible.lowestRtt(view, Eligible.available(view)));
    }

    /** Provides {@link MinRtt}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "the subflow with the lowest round-trip time that has room";
        }

        @Override
        public PacketScheduler create() {
            return new MinRtt();
        }
    }
}
